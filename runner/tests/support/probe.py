"""A step kind that does what it is told, and a way to run scenarios of it within a test."""

from __future__ import annotations

import asyncio
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import Field

from agentrig._choices import Via
from agentrig._secrets import Secrets
from agentrig.checks import Output
from agentrig.engine import RunResources, ScenarioResult, ScenarioRun, plan_scenario
from agentrig.errors import InfraError
from agentrig.events import CheckResult, Event, Outcome, StepFinished
from agentrig.scenario import Room, load_scenarios
from agentrig.steps import Clients, Step, StepContext, StepKind, StepKinds, StepResult
from agentrig.targets import Resolver, TargetSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

__all__ = ["KIND", "Probe", "ProbeStep"]

EventT = TypeVar("EventT", bound=Event)

# What each step was told to do by name, and how often it was executed.
TIMES: dict[str, int] = {}
HOOKS: dict[str, Callable[[], Awaitable[None]]] = {}


class ProbeStep(Step):
    """Does one thing after another, the last one for ever."""

    kind: ClassVar[str] = "probe"

    probe: list[str] = Field(description="pass, fail, error, crash, hang, undo:NAME, hook:NAME.")
    gives: Any = Field(default=None, description="What its output is.")


async def execute(step: ProbeStep, context: StepContext) -> StepResult:
    """Do what this time's word says."""
    key = step.name or ""
    time = TIMES[key] = TIMES.get(key, 0) + 1
    word = step.probe[min(time, len(step.probe)) - 1]
    outcome, message = Outcome.PASSED, None
    match word.split(":"):
        case ["fail"]:
            outcome, message = Outcome.FAILED, f"[{step.title()}] failed at time {time}"
        case ["error"]:
            raise InfraError(f"broken at time {time}")
        case ["crash"]:
            raise KeyError("wires")
        case ["hang"]:
            await asyncio.sleep(60)
        case ["undo", name]:
            context.on_teardown(lambda: _undo(name))
        case ["hook", name]:
            await HOOKS[name]()
    check = CheckResult(check="probe", outcome=outcome, message=message, at=context.locate())
    return StepResult(checks=(check,), output=Output(data=step.gives))


async def _undo(name: str) -> None:
    TIMES[f"undo {name}"] = len(TIMES)
    if name == "broken":
        raise InfraError("it cannot be undone")


KIND = StepKind(model=ProbeStep, execute=execute)


class Probe:
    """Runs scenarios of `probe` steps; `times` tells how often each was executed, in order.

    `room` is for the steps that are kept ready.
    """

    def __init__(self, folder: Path, *, room: Room | None = None) -> None:
        self.folder = folder
        self.room = room
        self.events: list[Event] = []
        TIMES.clear()
        HOOKS.clear()
        door = EntryPoint("probe", "tests.support.probe:KIND", "agentrig.steps")
        kinds = {
            name: EntryPoint(name, f"agentrig.steps.{name}:KIND", "agentrig.steps")
            for name in ("http", "kubernetes")
        }
        self.kinds = StepKinds({"probe": door, **kinds})

    @property
    def times(self) -> dict[str, int]:
        return TIMES

    @property
    def hooks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return HOOKS

    @property
    def steps(self) -> list[StepFinished]:
        return [event for event in self.events if isinstance(event, StepFinished)]

    def run(self, text: str) -> ScenarioResult:
        """Load and execute the one scenario of `text`."""
        return asyncio.run(self.execute(text))

    async def execute(self, text: str) -> ScenarioResult:
        """Do the same within a running loop."""
        file = self.folder / "probe.yaml"
        file.write_text(text, encoding="utf-8")
        (scenario,) = load_scenarios(
            file, self.kinds, path="probe.yaml", endpoints=["proxy"], room=self.room
        )
        secrets = Secrets()

        def publish(event: EventT) -> EventT:
            event = secrets.hide(event)
            self.events.append(event)
            return event

        settings = TargetSettings(via=Via.DIRECT, namespace="demo")
        async with RunResources() as resources, Clients() as clients:
            run = ScenarioRun(
                publish=publish,
                resolver=Resolver(settings),
                clients=clients,
                resources=resources,
                kinds=self.kinds,
                secrets=secrets,
                run={"id": "r-1", "namespace": "demo", "shard": 0, "attempt": 0},
            )
            return await run.execute(plan_scenario(scenario, scenario_id="probe.yaml"))
