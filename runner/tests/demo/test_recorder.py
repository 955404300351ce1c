from __future__ import annotations

import anyio

from agentrig.demo.audit import Entry, Report, Ring
from agentrig.demo.manifests import AGENTS
from agentrig.demo.policy import BuiltinPolicy, Decision, Mode, PolicyInput
from agentrig.demo.recorder import Recorder


class SlowForHeaders(BuiltinPolicy):
    """Decides on what the headers reported only after it has decided on the events."""

    def __init__(self) -> None:
        self.events_decided = anyio.Event()

    async def decide(self, subject: PolicyInput) -> Decision:
        if "rm" in subject.tools_called:
            self.events_decided.set()
        else:
            await self.events_decided.wait()
        return await super().decide(subject)


def test_the_last_report_is_judged_last_however_slow_the_server() -> None:
    entry = Entry(
        request_id="a",
        timestamp="",
        method="GET",
        path="/",
        status_code=200,
        duration_ms=0,
        policy_mode="track",
    )

    async def both() -> None:
        recorder = Recorder(
            manifest=AGENTS["gymcoach"], ring=Ring(), policy=SlowForHeaders(), mode=Mode.TRACK
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(recorder.record, entry, Report(source="headers"))
            await anyio.lowlevel.checkpoint()
            await recorder.report("a", Report(source="events", tools=("rm",)))

    anyio.run(both)
    assert entry.behavior_decision is not None
    assert entry.behavior_decision.violations == ("tool 'rm' is not declared",)
