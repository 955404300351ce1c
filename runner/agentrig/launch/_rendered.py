"""What a chart will install, read from its rendered manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Struct

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["COMPONENT_LABEL", "Rendered", "read_rendered"]

COMPONENT_LABEL = "app.kubernetes.io/component"
RUNNER = "runner"
"""The component, and the main container of its pods."""
_HOOK = "helm.sh/hook"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What makes a Secret after it is installed: External Secrets Operator, Sealed Secrets.
_MAKERS = ("ExternalSecret", "SealedSecret")


class Rendered(Struct, frozen=True, kw_only=True):
    """The objects of a release in `namespace`, hooks apart, and the one Job that runs."""

    release: str
    namespace: str
    objects: tuple[dict[str, Any], ...]
    hooks: tuple[dict[str, Any], ...]
    job: dict[str, Any]

    @property
    def pod_spec(self) -> dict[str, Any]:
        """The spec of the run's pods."""
        spec: dict[str, Any] = self.job["spec"]["template"]["spec"]
        return spec

    @property
    def runner(self) -> dict[str, Any]:
        """The container that runs the scenarios."""
        containers: list[dict[str, Any]] = self.pod_spec["containers"]
        return next((one for one in containers if one["name"] == RUNNER), containers[0])

    @property
    def shards(self) -> int:
        """How many parts the run is split into, 0 for a run that is not."""
        spec = self.job["spec"]
        return int(spec.get("completions") or 0) if is_indexed(spec) else 0

    @property
    def deadline_s(self) -> float | None:
        """The Job's own time limit; None where it first waits to be let go, as in a queue."""
        spec = self.job["spec"]
        seconds = spec.get("activeDeadlineSeconds")
        return float(seconds) if seconds and not spec.get("suspend") else None

    @property
    def install_hooks(self) -> Iterator[dict[str, Any]]:
        """The specs of pods that helm waits for in an install."""
        for manifest in self.hooks:
            when = manifest["metadata"]["annotations"][_HOOK]
            if "install" in when and manifest["kind"] == "Job":
                yield manifest["spec"]["template"]["spec"]

    @property
    def made_secrets(self) -> frozenset[str]:
        """The Secrets that objects of the chart will make once they are there."""
        return frozenset(_made(self.objects))

    def namespace_of(self, manifest: dict[str, Any]) -> str:
        """Where an object will be."""
        return str(manifest["metadata"].get("namespace") or self.namespace)

    def has(self, kind: str, name: str) -> bool:
        """Whether the release brings this object of the run's own namespace with it."""
        return any(
            one["kind"] == kind
            and one["metadata"]["name"] == name
            and self.namespace_of(one) == self.namespace
            for one in (*self.objects, *self.hooks)
        )


def is_indexed(spec: dict[str, Any]) -> bool:
    """Whether the spec of a Job gives each of its pods a number."""
    return spec.get("completionMode") == "Indexed"


def read_rendered(manifests: str, *, release: str, namespace: str) -> Rendered:
    """Read what `helm template` printed.

    Raises UsageError for a chart that does not run once and at once: another mode, or no runner.
    """
    objects: list[dict[str, Any]] = []
    hooks: list[dict[str, Any]] = []
    for manifest in _manifests(manifests):
        annotations = manifest["metadata"].get("annotations") or {}
        (hooks if _HOOK in annotations else objects).append(manifest)
    jobs = [one for one in objects if one["kind"] == "Job" and _is_runner(one)]
    if len(jobs) != 1:
        raise UsageError(_why_no_run(objects, hooks, jobs, release))
    return Rendered(
        release=release,
        namespace=namespace,
        objects=tuple(objects),
        hooks=tuple(hooks),
        job=jobs[0],
    )


def _manifests(text: str) -> Iterator[dict[str, Any]]:
    try:
        for found in yaml.load_all(text, Loader=_Loader):  # a safe loader
            if not found:
                continue
            if not isinstance(found, dict) or not _is_object(found):
                raise UsageError("the chart renders something that is no Kubernetes object")
            if found["kind"] == "List":
                yield from found.get("items") or ()
            else:
                yield found
    except yaml.YAMLError as error:
        raise UsageError(f"the chart renders something that is no YAML: {error}") from error


def _made(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    for manifest in objects:
        spec: dict[str, Any] = manifest.get("spec") or {}
        if manifest["kind"] in _MAKERS:
            yield (spec.get("target") or {}).get("name") or manifest["metadata"]["name"]
        elif manifest["kind"] == "SecretProviderClass":
            yield from (one["secretName"] for one in spec.get("secretObjects") or ())


def _is_object(found: dict[str, Any]) -> bool:
    if found.get("kind") == "List":
        return all(isinstance(one, dict) and _is_object(one) for one in found.get("items") or ())
    has_name = isinstance(found.get("metadata"), dict) and "name" in found["metadata"]
    return has_name and isinstance(found.get("kind"), str) and "apiVersion" in found


def _is_runner(manifest: dict[str, Any]) -> bool:
    labels = manifest["metadata"].get("labels") or {}
    return labels.get(COMPONENT_LABEL) == RUNNER


def _why_no_run(
    objects: list[dict[str, Any]],
    hooks: list[dict[str, Any]],
    jobs: list[dict[str, Any]],
    release: str,
) -> str:
    if jobs:
        names = ", ".join(one["metadata"]["name"] for one in jobs)
        return f"the chart makes {len(jobs)} runs ({names}), and launch follows one: split them"
    if any(one["kind"] == "CronJob" and _is_runner(one) for one in objects):
        return (
            "mode 'cronjob' runs on a schedule, and launch runs now: "
            "add --set mode=job to run the same values once, or install it with "
            f'`helm install {release} "$(agentrig chart)" ...`; '
            f"`agentrig attach {release}` shows its runs"
        )
    if any(one["kind"] == "Pod" and _is_runner(one) for one in hooks):
        return (
            "mode 'hook' runs on `helm test`, and launch runs now: "
            "add --set mode=job to run the same values once, or install it with "
            f'`helm install {release} "$(agentrig chart)" ...` and `helm test {release}`'
        )
    return (
        "the chart makes no run: none of its Jobs has the label app.kubernetes.io/component=runner"
    )
