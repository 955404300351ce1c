"""Preflight: the Services that the run speaks to are there, and somebody answers behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.launch.preflight._findings import Findings, lacks, together, unless_denied

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._inline_scenarios import NamedService
    from agentrig.launch.preflight._lookup import Lookup

__all__ = ["check_targets"]

_SLICES = "endpointslices.discovery.k8s.io"
_SHOWN = 3


async def check_targets(
    lookup: Lookup, rendered: Rendered, services: Sequence[NamedService]
) -> Findings:
    """Look for each Service, its port, and a ready address behind it.

    What the run can do without is doubted, and not missing.
    """
    return await together(
        unless_denied(
            _check(lookup, named) if named.need else _doubted(_check(lookup, named)),
            f"service {named.service.name} in namespace {named.service.namespace}",
        )
        for named in services
        if not _is_brought(rendered, named)
    )


async def _doubted(check: Awaitable[Findings]) -> Findings:
    found = await check
    return Findings(doubted=tuple(f"{one.what}: {one.do}" for one in found.missing))


async def _check(lookup: Lookup, named: NamedService) -> Findings:
    service = named.service
    shown, more = named.named_by[:_SHOWN], len(named.named_by) - _SHOWN
    by = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    found = await lookup.get("service", service.name, service.namespace)
    if found is None:
        return await _absent(lookup, named, by)
    spec = found["spec"]
    if spec.get("type") == "ExternalName":
        return Findings()
    where = f"service '{service.name}' in namespace {service.namespace}"
    port = None
    # A name without an address of its own leads straight to the pods, whatever ports are told.
    if spec.get("clusterIP") != "None":
        ports = spec.get("ports") or ()
        port = next((one for one in ports if one["port"] == service.port), None)
        if port is None:
            has = ", ".join(str(one["port"]) for one in ports) or "none"
            return lacks(
                f"{where} has no port {service.port} ({by})",
                f"it has {has}: name one of them in {named.named_by[0]}"
                if named.named_by[0].startswith("results.")
                else f"it has {has}: name one of them in run.targets, or in the scenario's endpoint",
            )
    slices = await lookup.list(
        _SLICES, service.namespace, labels=f"kubernetes.io/service-name={service.name}"
    )
    if not any(_is_ready(one, port) for one in slices):
        selector = ",".join(f"{key}={value}" for key, value in (spec.get("selector") or {}).items())
        pods = f"kubectl get pods -n {service.namespace}" + (f" -l {selector}" if selector else "")
        return lacks(
            f"{where} has no ready endpoint for port {service.port} ({by})",
            f"look at the pods behind it: {pods}",
        )
    return Findings()


async def _absent(lookup: Lookup, named: NamedService, by: str) -> Findings:
    service = named.service
    if await _lacks_namespace(lookup, service.namespace):
        similar = await lookup.suggestion("namespaces", service.namespace, "")
        return lacks(
            f"namespace '{service.namespace}' of service '{service.name}' does not exist "
            f"({by}){similar}",
            f"correct the URL: {by}"
            if named.named_by[0].startswith("results.")
            else "set run.namespace to that of the agents, or correct the URL in run.targets",
        )
    similar = await lookup.suggestion("services", service.name, service.namespace)
    return lacks(
        f"service '{service.name}' does not exist in namespace {service.namespace} ({by}){similar}",
        named.do,
    )


async def _lacks_namespace(lookup: Lookup, namespace: str) -> bool:
    """Say whether there is no such namespace; who may not look takes it to be there."""
    denied = Findings(unchecked=(namespace,))

    async def look() -> Findings:
        there = await lookup.get("namespace", namespace, None)
        return lacks(namespace, "") if there is None else denied

    return bool((await unless_denied(look(), namespace)).missing)


def _is_ready(found: dict[str, Any], port: dict[str, Any] | None) -> bool:
    """Whether an EndpointSlice has an address that takes what comes to `port` of the Service."""
    if port is not None:
        names = {one.get("name") or "" for one in found.get("ports") or ()}
        if (port.get("name") or "") not in names:
            return False
    return any(
        # Nothing said counts as ready (discovery.k8s.io/v1, EndpointConditions).
        (one.get("conditions") or {}).get("ready") is not False and one.get("addresses")
        for one in found.get("endpoints") or ()
    )


def _is_brought(rendered: Rendered, named: NamedService) -> bool:
    return any(
        one["kind"] == "Service"
        and one["metadata"]["name"] == named.service.name
        and rendered.namespace_of(one) == named.service.namespace
        for one in rendered.objects
    )
