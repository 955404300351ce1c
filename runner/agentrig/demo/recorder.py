"""Joins the audit ring and the policy: judges requests, and what agents report of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.demo.policy import Mode, Policy, PolicyInput

if TYPE_CHECKING:
    from agentrig.demo.audit import Entry, Report, Ring
    from agentrig.demo.manifests import Manifest
    from agentrig.demo.policy import Decision

__all__ = ["Recorder"]


class Recorder:
    """What the proxy and the control plane of one sidecar share."""

    def __init__(self, *, manifest: Manifest, ring: Ring, policy: Policy, mode: Mode) -> None:
        self.manifest = manifest
        self.ring = ring
        self.policy = policy
        self.mode = mode

    async def judge_request(
        self, method: str, path: str, *, guardrails: tuple[str, ...]
    ) -> Decision | None:
        """Decide on a request before the agent sees it; None where the mode is off."""
        if self.mode is Mode.OFF:
            return None
        return await self.policy.decide(
            PolicyInput(
                phase="request",
                manifest=self.manifest,
                method=method,
                path=path,
                guardrails_invoked=guardrails,
            )
        )

    async def record(self, entry: Entry, report: Report | None) -> None:
        """Put an entry into the ring with what the agent's answer reports."""
        if report is not None:
            entry.add(report)
        self.ring.add(entry)
        await self._judge_behavior(entry)

    async def report(self, request_id: str, report: Report) -> Entry | None:
        """Add what an agent pushes to its request's entry; None where there is none yet."""
        entry = self.ring.report(request_id, report)
        if entry is not None:
            await self._judge_behavior(entry)
        return entry

    async def _judge_behavior(self, entry: Entry) -> None:
        # Events are recorded and judged in every mode but off: they come too late to block.
        if self.mode is Mode.OFF or not entry.reported_by:
            return
        subject = self._behavior_of(entry)
        decision = await self.policy.decide(subject)
        # Another report may have come while the server was deciding: its decision is the newer.
        if subject == self._behavior_of(entry):
            entry.behavior_decision = decision

    def _behavior_of(self, entry: Entry) -> PolicyInput:
        return PolicyInput(
            phase="behavior",
            manifest=self.manifest,
            method=entry.method,
            path=entry.path,
            guardrails_invoked=tuple(entry.guardrails_invoked),
            tools_called=tuple(entry.tools_called),
            user_confirmed=entry.user_confirmed,
        )
