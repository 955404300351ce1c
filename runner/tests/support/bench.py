"""Scenarios executed within this process, in one event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self, TypeVar

from agentrig._choices import Via
from agentrig._secrets import Secrets
from agentrig.engine import RunResources, ScenarioRun, plan_scenario
from agentrig.events import Event, StepFinished
from agentrig.kubernetes import KubernetesSettings
from agentrig.scenario import load_scenarios
from agentrig.steps import Clients, step_kinds
from agentrig.targets import Resolver, TargetSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

__all__ = ["Bench"]

EventT = TypeVar("EventT", bound=Event)


class Bench:
    """Keeps an event loop and its connections for many scenarios; a context manager."""

    def __init__(self, folder: Path, *, kubernetes: KubernetesSettings | None = None) -> None:
        self.kubernetes = kubernetes or KubernetesSettings()
        self.folder = folder
        self._file = folder / "bench.yaml"
        self._runner = asyncio.Runner()
        self._clients = Clients()

    def __enter__(self) -> Self:
        self._runner.run(self._clients.__aenter__())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._clients.__aexit__(exc_type, exc, traceback))
        self._runner.close()

    def run(self, text: str, targets: Mapping[str, str]) -> list[StepFinished]:
        """Load a scenario and execute it; `targets` maps names to URLs."""
        return [event for event in self.events(text, targets) if isinstance(event, StepFinished)]

    def events(self, text: str, targets: Mapping[str, str]) -> list[Event]:
        """Load the one scenario of `text` and execute it; give all that happened."""
        self._file.write_text(text, encoding="utf-8")
        return self._runner.run(self._execute(targets))

    async def _execute(self, targets: Mapping[str, str]) -> list[Event]:
        settings = TargetSettings(via=Via.DIRECT, namespace="demo", overrides=targets)
        (scenario,) = load_scenarios(
            self._file, step_kinds(), path=self._file.name, endpoints=settings.names
        )
        happened: list[Event] = []
        secrets = Secrets()

        def publish(event: EventT) -> EventT:
            event = secrets.hide(event)
            happened.append(event)
            return event

        async with RunResources() as resources:
            run = ScenarioRun(
                publish=publish,
                resolver=Resolver(settings),
                clients=self._clients,
                resources=resources,
                kubernetes=lambda: self.kubernetes,
                kinds=step_kinds(),
                secrets=secrets,
                run={"id": "bench", "namespace": "demo", "shard": 0, "attempt": 0},
            )
            await run.execute(plan_scenario(scenario, scenario_id=self._file.name))
        return happened
