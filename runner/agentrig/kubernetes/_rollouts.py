"""Deployments, StatefulSets and DaemonSets: environments, replicas and rollouts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from agentrig.errors import ClusterError, UsageError
from agentrig.kubernetes._errors import explained
from agentrig.kubernetes._kinds import WORKLOADS, ObjectRef
from agentrig.kubernetes._objects import Objects, seconds
from agentrig.kubernetes._workloads import (
    env_of,
    env_patch,
    is_stuck,
    label_selector,
    pod_problem,
    rollout_problem,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROLLOUT_WITHIN_S", "Rollouts", "must_be_workload"]

ROLLOUT_WITHIN_S = 90.0


class Rollouts(Objects):
    """The workloads of a cluster."""

    async def scale(self, ref: ObjectRef, replicas: int) -> dict[str, Any]:
        """Set `spec.replicas`. Raises UsageError for an object that has none."""
        with explained(f"patch {ref}", ref.where):
            found = await self._get(ref)
            if "replicas" not in found.get("spec", {}):
                raise UsageError(f"{ref} has no spec.replicas: it cannot be scaled")
            return await self._patch(ref, {"spec": {"replicas": replicas}}, how="merge")

    async def get_env(self, ref: ObjectRef) -> dict[str, str]:
        """Read the literal environment variables of a workload's containers."""
        must_be_workload(ref)
        with explained(f"read {ref}", ref.where):
            return env_of(await self._get(ref))

    async def set_env(
        self, ref: ObjectRef, env: Mapping[str, str | None], *, container: str | None = None
    ) -> dict[str, Any]:
        """Set variables in one container of a workload, or in all; None takes one away."""
        must_be_workload(ref)
        with explained(f"patch {ref}", ref.where):
            workload = await self._get(ref)
            patch = env_patch(workload, env, container=container, text=str(ref))
            return await self._patch(ref, patch, how="strategic")

    async def restart(self, ref: ObjectRef) -> dict[str, Any]:
        """Replace a workload's pods, as `kubectl rollout restart` does."""
        must_be_workload(ref)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        annotations = {"kubectl.kubernetes.io/restartedAt": now}
        patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
        with explained(f"patch {ref}", ref.where):
            return await self._patch(ref, patch, how="strategic")

    async def wait_rollout(
        self, ref: ObjectRef, *, timeout_s: float = ROLLOUT_WITHIN_S
    ) -> dict[str, Any]:
        """Wait until every replica runs the newest template and is available.

        Raises ClusterError with the state that was reached when `timeout_s` runs out, and at
        once when the Deployment's own progress deadline is over.
        """
        must_be_workload(ref)
        deadline = self._clock() + timeout_s
        while True:
            workload = await self._patiently(
                partial(self._get, ref), f"read {ref}", ref.where, deadline
            )
            with explained(f"read {ref}", ref.where):
                problem = rollout_problem(workload)
                stuck = is_stuck(workload)
            if problem is None:
                break
            if stuck or self._clock() >= deadline:
                late = "by its own deadline" if stuck else f"after {seconds(timeout_s)}"
                why = await self._why_not_ready(workload, ref)
                raise ClusterError(f"{ref} in {ref.where} is not rolled out {late}: {problem}{why}")
            await self._pause(deadline)
        if self.settings.on_rollout:
            # It opens tunnels anew, and waits for them.
            await asyncio.to_thread(self.settings.on_rollout)
        return workload

    async def _list_pods(self, namespace: str | None, selector: str) -> list[dict[str, Any]]:
        answer = await self._api.call(
            "GET", f"/api/v1/namespaces/{namespace}/pods", params={"labelSelector": selector}
        )
        pods: list[dict[str, Any]] = answer["items"]
        return pods

    async def _why_not_ready(self, workload: Mapping[str, Any], ref: ObjectRef) -> str:
        """Say what holds the pods up, where the account may read them."""
        try:
            pods = await self._list_pods(ref.namespace, label_selector(workload))
            problems = filter(None, map(pod_problem, pods))
            return "".join(f"; {one}" for one in problems)
        except Exception:  # noqa: BLE001  # the problem itself is told in any case
            return ""


def must_be_workload(ref: ObjectRef) -> None:
    """Raise UsageError for an object that has no pods to roll out."""
    if ref.kind.kind not in WORKLOADS:
        raise UsageError(f"'{ref}' is no reference to a workload: write deployment/NAME")
