"""A pod of a run as the API last showed it, with no more than following it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from agentrig.launch._fields import mapping, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "RUNNER",
    "Condition",
    "Container",
    "Pod",
    "read_conditions",
    "read_container",
    "read_pod",
]

RUNNER = "runner"
_INDEX = "batch.kubernetes.io/job-completion-index"


class Condition(Struct, frozen=True, kw_only=True):
    """One condition of an object; `holds` is None where its status is Unknown."""

    type: str
    holds: bool | None
    reason: str = ""
    message: str = ""


class Container(Struct, frozen=True, kw_only=True):
    """One container: what it is for, and how it is now.

    `state` is empty as long as nothing is known. `exit_code` is that of the last end, `reason`
    and `message` are of the state, `last_reason` of the end before a restart.
    """

    name: str
    role: Literal["init", "sidecar", "main"]
    image: str = ""
    state: Literal["", "waiting", "running", "terminated"] = ""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    restarts: int = 0
    last_reason: str = ""
    last_message: str = ""
    memory_limit: str = ""


class Pod(Struct, frozen=True, kw_only=True):
    """One pod; `index` is that of its shard, counted from 0, and None in a run that is not split."""

    name: str
    uid: str
    created: str
    index: int | None = None
    phase: str = ""
    reason: str = ""
    message: str = ""
    node: str = ""
    is_leaving: bool = False
    conditions: tuple[Condition, ...] = ()
    containers: tuple[Container, ...] = ()
    requests: Mapping[str, str] = {}

    @property
    def shard(self) -> int:
        """The number of its shard, counted from 1; 0 in a run that is not split."""
        return 0 if self.index is None else self.index + 1

    @property
    def runner(self) -> Container | None:
        """The container that runs the scenarios."""
        return next((one for one in self.containers if one.name == RUNNER), None)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.phase in {"Succeeded", "Failed"}

    def condition(self, kind: str) -> Condition | None:
        """Find one of its conditions."""
        return next((one for one in self.conditions if one.type == kind), None)


def read_pod(found: Any) -> Pod:
    """Read a pod, whatever its JSON holds."""
    index = text(found, "metadata", "annotations", _INDEX)
    return Pod(
        name=text(found, "metadata", "name"),
        uid=text(found, "metadata", "uid"),
        created=text(found, "metadata", "creationTimestamp"),
        index=int(index) if index.isdecimal() and len(index) < 10 else None,  # noqa: PLR2004  # 10⁹ shards
        phase=text(found, "status", "phase"),
        reason=text(found, "status", "reason"),
        message=text(found, "status", "message"),
        node=text(found, "spec", "nodeName"),
        is_leaving=bool(text(found, "metadata", "deletionTimestamp")),
        conditions=read_conditions(found),
        containers=tuple(_containers(found)),
        requests=_requests(found),
    )


def read_conditions(found: Any) -> tuple[Condition, ...]:
    """Read the conditions of any object."""
    holds = {"True": True, "False": False}
    return tuple(
        Condition(
            type=text(one, "type"),
            holds=holds.get(text(one, "status")),
            reason=text(one, "reason"),
            message=text(one, "message"),
        )
        for one in objects(found, "status", "conditions")
    )


def read_container(
    spec: Any, status: Any, *, role: Literal["init", "sidecar", "main"] = "main"
) -> Container:
    """Read a container from its part of the pod's spec, and of its status."""
    last = mapping(status, "lastState", "terminated")
    states = mapping(status, "state")
    state: Literal["", "waiting", "running", "terminated"] = ""
    for one in ("waiting", "running", "terminated"):
        if isinstance(states.get(one), dict):
            state = one
    now = mapping(states, state)
    exit_code = number(now, "exitCode")
    return Container(
        name=text(spec, "name"),
        role=role,
        image=text(spec, "image"),
        state=state,
        reason=text(now, "reason"),
        message=text(now, "message"),
        exit_code=number(last, "exitCode") if exit_code is None else exit_code,
        restarts=number(status, "restartCount") or 0,
        last_reason=text(last, "reason"),
        last_message=text(last, "message"),
        memory_limit=text(spec, "resources", "limits", "memory"),
    )


def _containers(found: Any) -> Iterator[Container]:
    statuses = {
        text(one, "name"): one
        for field in ("initContainerStatuses", "containerStatuses")
        for one in objects(found, "status", field)
    }
    for one in objects(found, "spec", "initContainers"):
        role: Literal["init", "sidecar"] = (
            "sidecar" if text(one, "restartPolicy") == "Always" else "init"
        )
        yield read_container(one, statuses.get(text(one, "name")), role=role)
    for one in objects(found, "spec", "containers"):
        yield read_container(one, statuses.get(text(one, "name")))


def _requests(found: Any) -> dict[str, str]:
    """Give what the pod asks for as its containers write it, such as `100m + 50m`."""
    requests: dict[str, list[str]] = {}
    sidecars = [
        one
        for one in objects(found, "spec", "initContainers")
        if text(one, "restartPolicy") == "Always"
    ]
    for one in (*objects(found, "spec", "containers"), *sidecars):
        for name, value in mapping(one, "resources", "requests").items():
            requests.setdefault(name, []).append(str(value))
    return {name: " + ".join(values) for name, values in requests.items()}
