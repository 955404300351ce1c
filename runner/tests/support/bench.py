"""Steps executed within this process, each scenario to its first step that does not pass."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from agentrig.events import Outcome
from agentrig.scenario import load_scenario
from agentrig.steps import Clients, StepContext, StepResult, step_kinds
from agentrig.targets import Resolver, TargetSettings, Via

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from agentrig.targets import Target

__all__ = ["Bench"]


class Bench:
    """Keeps an event loop and its connections for many scenarios; a context manager."""

    def __init__(self, folder: Path) -> None:
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

    def run(self, text: str, targets: Mapping[str, str]) -> list[StepResult]:
        """Load a scenario and execute its steps; `targets` maps names to URLs."""
        self._file.write_text(text, encoding="utf-8")
        return self._runner.run(self._execute(targets))

    async def _execute(self, targets: Mapping[str, str]) -> list[StepResult]:
        settings = TargetSettings(via=Via.DIRECT, namespace="demo", overrides=targets)
        resolver = Resolver(settings)
        scenario = load_scenario(
            self._file, step_kinds(), path=self._file.name, endpoints=settings.names
        )

        async def find_target(endpoint: str) -> Target:
            return resolver.resolve(endpoint, scenario)

        results: list[StepResult] = []
        for index, step in enumerate(scenario.steps):
            context = StepContext(
                scenario=scenario,
                location=("steps", index),
                clients=self._clients,
                find_target=find_target,
            )
            results.append(await step_kinds().kind_of(step).execute(step, context))
            if any(check.outcome is not Outcome.PASSED for check in results[-1].checks):
                break
        return results
