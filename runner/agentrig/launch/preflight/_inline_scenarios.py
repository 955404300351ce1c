"""The scenarios that a release brings with it: read before the run, to know whom they speak to."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig._choices import Via
from agentrig.documents import Source, is_scenario_file
from agentrig.errors import ClusterError, ScenarioError, UsageError
from agentrig.scenario import load_source
from agentrig.targets import Resolver, Service, TargetSettings, target_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from agentrig.errors import Mistake
    from agentrig.kubernetes import AsyncCluster
    from agentrig.launch._rendered import Rendered
    from agentrig.scenario import Scenario, StepModels

__all__ = ["NamedService", "ScenarioFile", "named_services", "read_scenarios", "scenario_files"]

# The chart's name of the volume that the scenarios are in.
_VOLUME = "scenarios"
# Options of `agentrig run` that choose among the scenarios, and those that stand for its settings.
_CHOOSING = ("-k", "-t", "--tags", "-m", "--keyword")
_SETTINGS = {
    "AGENTRIG_RUN_VIA": "via",
    "AGENTRIG_RUN_NAMESPACE": "namespace",
    "AGENTRIG_RUN_CLUSTER_DOMAIN": "cluster_domain",
}
_STORE, _REQUIRED = "AWS_ENDPOINT_URL_S3", "AGENTRIG_RUN_REQUIRE_DELIVERY"
_RESULTS = {_STORE: "results.store.endpoint", "AGENTRIG_RUN_SEARCH_URL": "results.search.url"}


class NamedService(Struct, frozen=True, kw_only=True):
    """A Service that the run will speak to, who names it, and what to `do` where it is not there.

    A run can do without one that it does not `need`.
    """

    service: Service
    named_by: tuple[str, ...]
    do: str = "correct the agent's name, or run.namespace; or install the agent first"
    need: bool = True


class _AnyName:
    """The names that endpoints may have: the image may hold an agentrig.yaml with its own."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class ScenarioFile(Struct, frozen=True, kw_only=True):
    """The text of a file of the run, and what messages call it."""

    text: str
    place: str


async def scenario_files(cluster: AsyncCluster, rendered: Rendered) -> dict[str, ScenarioFile]:
    """Give the files of the ConfigMap that the run's scenarios are mounted from, by their paths.

    It is one of the release, or one that is there; without it, or without the right to read it,
    there are none.
    """
    volumes = rendered.pod_spec.get("volumes") or ()
    source = next((one.get("configMap") for one in volumes if one["name"] == _VOLUME), None)
    if not source:
        return {}
    for manifest in rendered.objects:
        if manifest["kind"] == "ConfigMap" and manifest["metadata"]["name"] == source["name"]:
            return _files(manifest, source, "scenarios.inline")
    try:
        ref = await cluster.find(f"configmap/{source['name']}", namespace=rendered.namespace)
        return _files(await cluster.get(ref), source, str(ref))
    except ClusterError as error:
        if error.status is None:
            raise
        return {}


def read_scenarios(
    files: Mapping[str, ScenarioFile], models: StepModels, *, places: Mapping[str, str]
) -> list[Scenario]:
    """Load the YAML files among `files`.

    `places` says where on this machine a file came from. Raises ScenarioError with the mistakes
    of all files. A file that reads the environment is left out: it is the pod's.
    """
    found: list[Scenario] = []
    mistakes: list[Mistake] = []
    with tempfile.TemporaryDirectory(prefix="agentrig-") as work:
        for path, file in files.items():
            copy = Path(work, path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(file.text, encoding="utf-8")
        for path, file in files.items():
            if not is_scenario_file(PurePosixPath(path).name) or "${env." in file.text:
                continue
            source = Source(places.get(path, file.place), file.text.lstrip("\ufeff"))
            try:
                folder = Path(work, path).parent
                found += load_source(source, folder, models, endpoints=_names())
            except ScenarioError as error:
                mistakes += error.mistakes
    if mistakes:
        raise ScenarioError(tuple(mistakes))
    return found


def named_services(rendered: Rendered, scenarios: Sequence[Scenario]) -> list[NamedService]:
    """List the Services that targets of the run lead to by cluster DNS.

    They are those of `run.targets` and of the endpoints of `scenarios`. Where options choose
    among the scenarios, theirs are left out.
    """
    arguments = [str(one) for one in rendered.runner.get("args") or ()]
    settings = _settings(rendered, arguments)
    resolver = Resolver(settings)
    found: dict[Service, list[str]] = {}
    for name, url in settings.overrides.items():
        agent = name.rpartition("/")[0] or None
        if "{agent}" in url and agent is None:
            continue
        target = resolver.find(name.rpartition("/")[2], agent=agent)
        if target.service:
            found.setdefault(target.service, []).append(f"run.targets '{name}'")
    chooses = any(one.partition("=")[0] in _CHOOSING for one in arguments)
    for scenario in () if chooses else scenarios:
        if scenario.skip:
            continue
        for endpoint in scenario.endpoints:
            service = _service(resolver, endpoint, scenario)
            if service:
                found.setdefault(service, []).append(scenario.path)
    named = [
        NamedService(service=service, named_by=tuple(dict.fromkeys(places)))
        for service, places in found.items()
    ]
    return [*named, *_of_results(rendered, resolver)]


def _of_results(rendered: Rendered, resolver: Resolver) -> Iterator[NamedService]:
    """Give the Services that results go to."""
    environment = {one["name"]: one.get("value") for one in rendered.runner.get("env") or ()}
    for variable, value in _RESULTS.items():
        url = environment.get(variable)
        service = resolver.find(url, agent=None).service if url else None
        if service:
            yield NamedService(
                service=service,
                named_by=(value,),
                do=f"correct {value}, or install the server first",
                need=variable == _STORE or bool(environment.get(_REQUIRED)),
            )


def _service(resolver: Resolver, endpoint: str, scenario: Scenario) -> Service | None:
    try:
        return resolver.resolve(endpoint, scenario).service
    except UsageError:
        return None  # a name that the image's own agentrig.yaml may know


def _settings(rendered: Rendered, arguments: Sequence[str]) -> TargetSettings:
    """Read from the runner's container what it will be told of targets."""
    given: dict[str, str] = {}
    for variable in rendered.runner.get("env") or ():
        if variable["name"] in _SETTINGS and variable.get("value"):
            given[_SETTINGS[variable["name"]]] = variable["value"]
    given.setdefault("namespace", rendered.namespace)
    given.setdefault("via", Via.DNS)
    targets = [one.partition("=")[2] for one in arguments if one.startswith("--target=")]
    return target_settings(**given, targets=targets, config=Path("/dev/null"))


def _files(
    config_map: Mapping[str, Any], source: Mapping[str, Any], place: str
) -> dict[str, ScenarioFile]:
    """Lay the keys of a ConfigMap out as its volume does."""
    data: Mapping[str, Any] = config_map.get("data") or {}
    items = source.get("items") or [{"key": key, "path": key} for key in data]
    return {
        one["path"]: ScenarioFile(text=str(data[one["key"]]), place=f"{place}/{one['path']}")
        for one in items
        if one["key"] in data and not {"", "..", "."} & set(PurePosixPath(one["path"]).parts)
        if not one["path"].startswith("/")
    }


def _names() -> Collection[str]:
    return _AnyName()
