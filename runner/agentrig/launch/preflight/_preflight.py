"""Everything that a run would fail for, looked for before anything is installed, named at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agentrig.launch.preflight._claims import check_claims
from agentrig.launch.preflight._lookup import Lookup
from agentrig.launch.preflight._named_objects import check_references
from agentrig.launch.preflight._objects import check_namespace, check_objects
from agentrig.launch.preflight._policies import check_policies
from agentrig.launch.preflight._rights import check_rights
from agentrig.launch.preflight._targets import check_targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.kubernetes import AsyncCluster
    from agentrig.launch._rendered import Rendered
    from agentrig.launch.preflight._findings import Findings
    from agentrig.launch.preflight._inline_scenarios import NamedService

__all__ = ["describe_missing", "preflight"]


async def preflight(
    cluster: AsyncCluster,
    rendered: Rendered,
    *,
    services: Sequence[NamedService],
    helm: tuple[int, int],
    creates_namespace: bool = False,
) -> Findings:
    """Look for all that is missing; `helm` is its version.

    Raises ClusterError where the API does not answer at all.
    """
    lookup = Lookup(cluster)
    is_there, first = await check_namespace(lookup, rendered, will_be_made=creates_namespace)
    others = await asyncio.gather(
        check_rights(lookup, rendered, helm),
        check_references(lookup, rendered),
        check_claims(lookup, rendered),
        check_targets(lookup, rendered, services),
        check_policies(lookup, rendered),
        check_objects(lookup, rendered, namespace_is_there=is_there),
    )
    return first.and_(others)


def describe_missing(findings: Findings) -> str:
    """Write all that is missing, each with what to do, for a person."""
    count = len(findings.missing)
    problems = "one thing is" if count == 1 else f"{count} things are"
    lines = [f"{problems} in the way of this run, and nothing was installed"]
    for one in findings.missing:
        lines += [f"  - {one.what}", f"      {one.do}"]
    return "\n".join(lines)
