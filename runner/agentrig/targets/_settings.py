"""How this run turns target names into URLs: defaults, `agentrig.yaml`, the command line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Struct, field
from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from agentrig._choices import Via
from agentrig._redact import redact_url
from agentrig.documents import CONFIG_FILE, Source
from agentrig.errors import ScenarioError, UsageError
from agentrig.scenario import StrictModel, closest, mistakes_of
from agentrig.targets._limits import Rate, RateText, Slo
from agentrig.targets._url import url_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["TargetSettings", "in_pod", "target_settings"]

PLACEHOLDERS = ("agent", "namespace", "cluster_domain")

_DEFAULT_TARGETS = {
    "proxy": "http://{agent}.{namespace}.svc.{cluster_domain}:4000",
    "control": "http://{agent}.{namespace}.svc.{cluster_domain}:4001",
}
# Where Kubernetes tells a pod its own namespace.
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_DEFAULT_NAMESPACE = "demo"

_TARGET_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class TargetSettings(Struct, frozen=True, kw_only=True):
    """What agentrig.yaml and the command line say: where targets are, and what limits hold.

    `templates` maps a target's name to its cluster URL; `overrides` maps `NAME` or `AGENT/NAME`
    to a URL that holds for this run, whichever way it goes. `rates` has the same names. `slo`
    maps names of goals, such as `p95_ms`, to what they must not exceed.
    """

    via: Via
    namespace: str
    cluster_domain: str = "cluster.local"
    templates: Mapping[str, str] = field(default_factory=lambda: dict(_DEFAULT_TARGETS))
    overrides: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, Rate] = field(default_factory=dict)
    slo: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The target names that a scenario may use as its endpoint."""
        return frozenset(self.templates) | {name.split("/")[-1] for name in self.overrides}


def _target_name(name: str) -> str:
    if problem := _name_problem(name):
        raise PydanticCustomError("target", "{problem}", {"problem": problem})
    return name


def _limited_name(name: str) -> str:
    agent, slash, target = name.rpartition("/")
    return f"{agent}{slash}{_target_name(target)}"


def _target_url(url: str) -> str:
    if problem := _url_problem(url):
        raise PydanticCustomError("target", "{problem}", {"problem": problem})
    return url


class _Config(StrictModel):
    """The keys of `agentrig.yaml`."""

    via: str | None = None
    namespace: str | None = Field(default=None, min_length=1)
    cluster_domain: str | None = Field(default=None, min_length=1)
    targets: dict[
        Annotated[str, AfterValidator(_target_name)], Annotated[str, AfterValidator(_target_url)]
    ] = Field(default_factory=dict)
    rate_limits: dict[Annotated[str, AfterValidator(_limited_name)], RateText] = Field(
        default_factory=dict
    )
    slo: Slo | None = None

    @field_validator("via")
    @classmethod
    def _known_way(cls, value: str) -> str:
        if value not in list(Via):
            known = ", ".join(Via)
            context = {"value": value, "hint": closest(value, list(Via)) or f"one of: {known}"}
            raise PydanticCustomError("via", "unknown way '{value}'", context)
        return value


def in_pod() -> bool:
    """Tell whether this process runs in a Kubernetes pod."""
    return "KUBERNETES_SERVICE_HOST" in os.environ


def target_settings(
    *,
    via: str | None = None,
    namespace: str | None = None,
    cluster_domain: str | None = None,
    targets: Iterable[str] = (),
    rates: Iterable[str] = (),
    slo: Iterable[str] = (),
    config: Path | None = None,
) -> TargetSettings:
    """Merge the command line's words (`NAME=URL`) over `agentrig.yaml` over the defaults.

    `rates` are words such as `proxy=20/s`, `slo` such as `p95_ms=800`.

    `config` None reads `agentrig.yaml` of the working directory if there is one. Raises
    ScenarioError for mistakes in that file, UsageError for the rest.
    """
    file = _read_config(config)
    settings = TargetSettings(
        via=Via(via or file.via or (Via.DNS if in_pod() else Via.DIRECT)),
        namespace=namespace or file.namespace or _own_namespace(),
        cluster_domain=cluster_domain or file.cluster_domain or "cluster.local",
        templates={**_DEFAULT_TARGETS, **file.targets},
        overrides=dict(_override(text) for text in targets),
        rates={
            **{name: Rate.parse(text) for name, text in file.rate_limits.items()},
            **dict(_rate(text) for text in rates),
        },
        slo={**(file.slo.goals() if file.slo else {}), **dict(_goal(text) for text in slo)},
    )
    for name in settings.rates:
        if (target := name.rpartition("/")[2]) not in settings.names:
            known = sorted(settings.names)
            hint = closest(target, known) or f"this run knows {', '.join(known)}"
            raise UsageError(f"rate limit of an unknown target '{name}': {hint}")
    return settings


def _read_config(config: Path | None) -> _Config:
    path = config or Path(CONFIG_FILE)
    if config is None and not path.is_file():
        return _Config.model_construct()  # what checks it takes 5 ms to make
    source = Source.read(path)
    data = source.parse()
    try:
        return _Config.model_validate({} if data is None else data)
    except ValidationError as error:
        mistakes = mistakes_of(error, source, model=_Config, what=CONFIG_FILE)
        mistakes.sort(key=lambda mistake: (mistake.at.line, mistake.at.column))
        raise ScenarioError(tuple(mistakes)) from error


def _own_namespace() -> str:
    try:
        return _NAMESPACE_FILE.read_text(encoding="utf-8").strip() or _DEFAULT_NAMESPACE
    except OSError:
        return _DEFAULT_NAMESPACE


def _override(text: str) -> tuple[str, str]:
    name, separator, url = text.partition("=")
    problem = _name_problem(name.rpartition("/")[2]) or _url_problem(url)
    if not separator:
        problem = "it has no '=': write NAME=URL or AGENT/NAME=URL"
    elif name.count("/") > 1:
        problem = "its name has two slashes: write NAME=URL or AGENT/NAME=URL"
    if problem:
        raise UsageError(f"--target '{redact_url(text)}': {problem}")
    return name, url.rstrip("/")


def _rate(text: str) -> tuple[str, Rate]:
    name, separator, rate = text.partition("=")
    if not separator:
        raise UsageError(f"--rate '{text}': it has no '=': write NAME=20/s or AGENT/NAME=20/s")
    try:
        return name, Rate.parse(rate)
    except ValueError as error:
        raise UsageError(f"--rate '{text}': {error}") from error


def _goal(text: str) -> tuple[str, float]:
    name, separator, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        separator = ""
    if not separator:
        raise UsageError(f"--slo '{text}': write NAME=NUMBER, such as p95_ms=800")
    try:
        Slo.model_validate({name: number})
    except ValidationError as error:
        known = list(Slo.model_fields)
        if name not in known:
            hint = closest(name, known) or f"there are {', '.join(known)}"
            raise UsageError(f"--slo '{text}': unknown goal '{name}': {hint}") from error
        problem = error.errors(include_url=False)[0]["msg"].removeprefix("Input ")
        raise UsageError(f"--slo '{text}': '{name}' {problem}") from error
    return name, number


def _name_problem(name: str) -> str | None:
    """Say what is wrong with the name of a target, if anything."""
    if _TARGET_NAME.fullmatch(name):
        return None
    return f"'{name}' is no target name: letters, digits, '.', '_' and '-'"


def _url_problem(url: str) -> str | None:
    """Say what is wrong with the URL of a target, if anything."""
    if problem := url_problem(url):
        return problem
    if "?" in url or "#" in url:
        return f"'{redact_url(url)}' goes on behind its path: write the query in each step"
    for placeholder in re.findall(r"\{([^}]*)\}?", url):
        if placeholder not in PLACEHOLDERS:
            known = ", ".join(f"{{{word}}}" for word in PLACEHOLDERS)
            return f"'{{{placeholder}}}' is no placeholder of a target URL: use {known}"
    return None
