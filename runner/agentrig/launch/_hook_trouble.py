"""Why a hook of an install failed, of which helm only says that it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig._excerpt import printable
from agentrig._redact import cut, redact_text
from agentrig.errors import ClusterError
from agentrig.launch._fields import objects, text

if TYPE_CHECKING:
    from agentrig.kubernetes import AsyncCluster
    from agentrig.launch._rendered import Rendered

__all__ = ["hook_trouble"]

_SHOWN = 400


async def hook_trouble(cluster: AsyncCluster, rendered: Rendered) -> list[str]:
    """Give the last words of each Job among the hooks whose pods failed.

    The chart lets Kubernetes keep the end of their logs as the termination message. What may not be
    read is left out.
    """
    found = []
    for manifest in rendered.hooks:
        if manifest["kind"] != "Job":
            continue
        job = manifest["metadata"]["name"]
        try:
            pods = await cluster.list_objects(
                "pods",
                namespace=rendered.namespace_of(manifest),
                labels=f"batch.kubernetes.io/job-name={job}",
            )
        except ClusterError:
            continue
        words = [
            text(status, "state", "terminated", "message").strip()
            for pod in sorted(pods, key=lambda pod: text(pod, "metadata", "creationTimestamp"))
            for status in objects(pod, "status", "containerStatuses")
        ]
        said = [one.splitlines()[-1] for one in words if one]
        if said:
            found.append(f"hook {job}: {printable(cut(redact_text(said[-1]), _SHOWN))}")
    return found
