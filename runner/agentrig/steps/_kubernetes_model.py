"""What stands below `kubernetes:`: one action, and what it needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from agentrig.errors import UsageError
from agentrig.kubernetes import read_manifests, split_reference
from agentrig.scenario import (
    Duration,
    FileName,
    QuerySyntaxError,
    StrictModel,
    compile_query,
    json_problem,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Action",
    "Apply",
    "Delete",
    "Exec",
    "KubernetesAction",
    "Logs",
    "Patch",
    "Rollout",
    "Scale",
    "SetEnv",
    "Wait",
    "read_file",
]

_FOR = re.compile(r"deleted|condition=[A-Za-z0-9./-]+(=[A-Za-z]+)?")
_WORKLOADS = {"deployment": "deploy", "statefulset": "sts", "daemonset": "ds"}


def _reference(value: str) -> str:
    try:
        split_reference(value)
    except UsageError as error:
        message, _, hint = str(error).partition(": ")
        raise PydanticCustomError(
            "reference", "{problem}", {"problem": message, "hint": hint}
        ) from None
    return value


def _workload(value: str) -> str:
    kind = _reference(value).partition("/")[0].lower()
    if kind.removesuffix("s") not in _WORKLOADS and kind not in _WORKLOADS.values():
        raise PydanticCustomError(
            "workload",
            "'{value}' is no workload",
            {"value": value, "hint": "write deployment/NAME, statefulset/NAME or daemonset/NAME"},
        )
    return value


_EXAMPLES = {"examples": ["deployment/gymcoach", "widgets.example.com/one"]}
ObjectName = Annotated[str, AfterValidator(_reference), Field(json_schema_extra=_EXAMPLES)]
WorkloadName = Annotated[str, AfterValidator(_workload)]

# A key's value is never null elsewhere, and schemas say so; here it means something.
EnvValue = Annotated[str | None, WithJsonSchema({"type": ["string", "null"]})]

_OBJECT = "`KIND/NAME` as kubectl has it: `pod/x`, `deploy/x`, `widgets.example.com/x`."
_WORKLOAD = "`deployment/NAME`, `statefulset/NAME` or `daemonset/NAME`."
_WITHIN = "How long at most. Default: nearly as long as the step may take (`timeout`)."


class Action(StrictModel):
    """What every action may have."""

    namespace: str | None = Field(
        default=None, min_length=1, description="Default: the run's namespace (`--namespace`)."
    )


class _Described(Action):
    """Objects by manifest, or by a file with manifests."""

    manifest: Any = Field(
        default=None,
        description="An object, a list of objects, or YAML text with one or more documents.",
    )
    file: FileName | None = Field(
        default=None, description="A YAML file with manifests, relative to the scenario's file."
    )

    @field_validator("manifest")
    @classmethod
    def _is_manifest(cls, value: Any) -> Any:
        if found := json_problem(value):
            within, problem = found
            raise PydanticCustomError(
                "manifest", "{problem}", {"problem": problem, "within": within}
            )
        try:
            read_manifests(value)
        except UsageError as error:
            raise PydanticCustomError("manifest", "{problem}", {"problem": str(error)}) from None
        return value

    @field_validator("file")
    @classmethod
    def _is_file(cls, value: str, info: ValidationInfo) -> str:
        folder: Path | None = (info.context or {}).get("folder")
        if folder is not None:
            try:
                read_file(folder, value)
            except UsageError as error:
                raise PydanticCustomError("file", "{problem}", {"problem": str(error)}) from None
        return value


class Apply(_Described):
    """Create or change the objects of `manifest` or `file`: server-side apply, as `agentrig`.

    The definition of a custom resource is waited for until its kind is served.
    """

    force: bool = Field(
        default=False, description="Take fields over that another field manager owns."
    )
    restore: bool = Field(
        default=True,
        description="In the teardown, delete what was created and put back what was changed.",
    )

    @model_validator(mode="after")
    def _is_described(self) -> Apply:
        _exactly_one(self, "manifest", "file")
        return self


class Delete(_Described):
    """Delete an `object`, or those of `manifest` or `file`, and wait until they are gone.

    Nothing brings them back in the teardown.
    """

    object: ObjectName | None = Field(default=None, description=_OBJECT)
    ignore_missing: bool = Field(
        default=False, description="Pass also where there is no such object."
    )
    wait: bool = Field(default=True, description="Wait until the objects are gone.")
    within: Duration | None = Field(default=None, description=_WITHIN)

    @model_validator(mode="after")
    def _is_described(self) -> Delete:
        _exactly_one(self, "object", "manifest", "file")
        return self


class Patch(Action):
    """Patch an object, in one of three ways: `strategic`, `merge` or `json`."""

    object: ObjectName = Field(description=_OBJECT)
    strategic: dict[str, Any] | None = Field(
        default=None,
        description="A strategic merge patch: containers are merged by name. Not for custom "
        "resources.",
    )
    merge: dict[str, Any] | None = Field(
        default=None, description="A merge patch (RFC 7396): null removes, lists are replaced."
    )
    json_: list[dict[str, Any]] | None = Field(
        default=None, alias="json", description="A list of operations (RFC 6902)."
    )
    restore: bool = Field(default=True, description="Put back what was changed in the teardown.")

    @model_validator(mode="after")
    def _is_one_patch(self) -> Patch:
        _exactly_one(self, "strategic", "merge", "json")
        return self


class SetEnv(Action):
    """Set environment variables of a workload, whose pods are then replaced."""

    object: WorkloadName = Field(description=_WORKLOAD)
    env: dict[str, EnvValue] = Field(
        min_length=1, description="Values by name; null takes a variable away."
    )
    container: str | None = Field(default=None, description="Default: all of its containers.")
    restore: bool = Field(
        default=True,
        description="Put the variables back in the teardown, and wait for the rollout.",
    )


class Scale(Action):
    """Set the number of replicas."""

    object: ObjectName = Field(description=_OBJECT)
    replicas: int = Field(ge=0, description="How many.")
    restore: bool = Field(
        default=True,
        description="Put the number back in the teardown, and wait for the rollout.",
    )


class Rollout(Action):
    """Wait until every replica runs the newest template and is available.

    A rollout that does not end in time is an error of the infrastructure.
    """

    object: WorkloadName = Field(description=_WORKLOAD)
    restart: bool = Field(default=False, description="Replace the pods first.")
    within: Duration | None = Field(default=None, description=_WITHIN)


class Exec(Action):
    """Run a command in a container; its output is `{exit_code, stdout, stderr}`."""

    object: ObjectName = Field(
        description="`pod/NAME`, or a workload: one of its running pods is taken."
    )
    command: list[str] = Field(min_length=1, description="The program and its arguments.")
    container: str | None = Field(default=None, description="Default: the pod's first.")


class Wait(Action):
    """Wait until `for` or `jq` holds of an object; the check fails if it does not in time.

    An object that is not there may come yet.
    """

    object: ObjectName = Field(description=_OBJECT)
    for_: str | None = Field(
        default=None,
        alias="for",
        description="`condition=Ready`, `condition=Ready=False`, or `deleted`.",
    )
    jq: str | None = Field(
        default=None, description="A jq program over the object; it must give true."
    )
    within: Duration | None = Field(default=None, description=_WITHIN)

    @field_validator("for_")
    @classmethod
    def _is_condition(cls, value: str) -> str:
        if not _FOR.fullmatch(value):
            hint = "write 'condition=Ready', 'condition=Ready=False' or 'deleted'"
            raise PydanticCustomError(
                "for", "'{value}' is nothing to wait for", {"value": value, "hint": hint}
            )
        return value

    @field_validator("jq")
    @classmethod
    def _is_query(cls, value: str, info: ValidationInfo) -> str:
        try:
            compile_query(value, (info.context or {}).get("names"))
        except QuerySyntaxError as error:
            raise PydanticCustomError(
                "jq",
                "'jq' is no jq program: {problem}",
                {
                    "problem": str(error),
                    "offset": error.offset,
                    "length": error.length,
                    "hint": error.hint,
                },
            ) from error
        return value

    @model_validator(mode="after")
    def _is_one_thing(self) -> Wait:
        _exactly_one(self, "for", "jq")
        return self


class Logs(Action):
    """Wait for log lines of an `object` or `selector` that match `contains` or `matches`.

    The check fails if none comes in time. The output is a list of `{pod, container, text}`.
    """

    object: ObjectName | None = Field(
        default=None, description="`pod/NAME`, or a workload: all of its pods."
    )
    selector: str | None = Field(
        default=None, min_length=1, description="Pods by their labels: `app=x,tier in (a, b)`."
    )
    container: str | None = Field(default=None, description="Default: all of a pod's containers.")
    contains: str | None = Field(
        default=None, min_length=1, description="A text that a line contains."
    )
    matches: str | None = Field(
        default=None, description="A regular expression that is found in a line."
    )
    since: Literal["scenario", "step"] = Field(
        default="scenario",
        description="Lines from before its begin do not count, by the clocks of the nodes.",
    )
    within: Duration | None = Field(default=None, description=_WITHIN)

    @field_validator("matches")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        import regex  # noqa: PLC0415  # 20 ms, seldom used

        try:
            regex.compile(value)
        except regex.error as error:
            problem = {"problem": str(error)}
            raise PydanticCustomError(
                "matches", "'matches' is no regular expression: {problem}", problem
            ) from None
        return value

    @model_validator(mode="after")
    def _is_one_search(self) -> Logs:
        _exactly_one(self, "object", "selector")
        _exactly_one(self, "contains", "matches")
        return self


class KubernetesAction(StrictModel):
    """Exactly one action."""

    apply: Apply | None = Field(
        default=None, description="Create or change objects by server-side apply."
    )
    delete: Delete | None = Field(default=None, description="Delete objects.")
    patch: Patch | None = Field(default=None, description="Change fields of an object.")
    set_env: SetEnv | None = Field(
        default=None, description="Set environment variables of a workload."
    )
    scale: Scale | None = Field(default=None, description="Set how many replicas there are.")
    rollout: Rollout | None = Field(
        default=None, description="Wait for a rollout; restart it first if it says so."
    )
    exec: Exec | None = Field(default=None, description="Run a command in a container.")
    wait: Wait | None = Field(default=None, description="Wait until something holds of an object.")
    logs: Logs | None = Field(default=None, description="Wait for log lines.")

    @model_validator(mode="after")
    def _is_one_action(self) -> KubernetesAction:
        _exactly_one(self, *type(self).model_fields)
        return self

    @property
    def name(self) -> str:
        """The key of the action."""
        return next(iter(self.model_fields_set))

    @property
    def action(self) -> Action:
        """The action itself."""
        action: Action = getattr(self, self.name)
        return action


def read_file(folder: Path, name: str) -> list[dict[str, Any]]:
    """List the objects of a file. Raises UsageError where it cannot be read, or holds none."""
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"'{name}' cannot be read: {problem}") from error
    try:
        return read_manifests(text)
    except UsageError as error:
        raise UsageError(f"'{name}': {error}") from error


def _exactly_one(model: StrictModel, *keys: str) -> None:
    """Refuse none of `keys`, and two of them."""
    names = {field.alias or name: name for name, field in type(model).model_fields.items()}
    given = [key for key in keys if names[key] in model.model_fields_set]
    if len(given) > 1:
        raise PydanticCustomError(
            "exactly_one",
            "'{one}' and '{other}' exclude each other",
            {"one": given[0], "other": given[1], "within": (given[1],), "hint": "keep one of them"},
        )
    if not given:
        message = "one of these keys is missing: {keys}" if len(keys) > 1 else "missing key {keys}"
        raise PydanticCustomError("exactly_one", message, {"keys": ", ".join(keys)})
