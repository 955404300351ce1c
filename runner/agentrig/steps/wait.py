"""The kind `wait`: let time pass."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from agentrig.checks import Output
from agentrig.scenario import DEFAULT_TIMEOUT_S, Duration, describe_duration
from agentrig.steps._context import StepContext, StepResult
from agentrig.steps._model import Step
from agentrig.steps._registry import StepKind

__all__ = ["KIND", "WaitStep"]


class WaitStep(Step):
    """A pause. Where a step waits for something to become true, `eventually` is the better way."""

    kind: ClassVar[str] = "wait"

    wait: Duration = Field(description="How long to wait: `250ms`, `2s`.")

    def title(self) -> str:
        """Name the step by its time where it has no name."""
        return self.name or f"wait {describe_duration(self.wait)}"

    @model_validator(mode="after")
    def _may_take_so_long(self) -> WaitStep:
        limit_s = self.timeout or DEFAULT_TIMEOUT_S
        if self.wait >= limit_s:
            raise PydanticCustomError(
                "wait",
                "the wait is not shorter than the step's timeout of {limit}",
                {
                    "limit": describe_duration(limit_s),
                    "within": ("wait",),
                    "hint": "give the step a longer 'timeout'",
                },
            )
        return self


async def execute(step: WaitStep, context: StepContext) -> StepResult:  # noqa: ARG001  # as all kinds
    """Wait; the engine's own cancellation ends it early."""
    begin = time.perf_counter()
    await asyncio.sleep(step.wait)
    return StepResult(output=Output(data=None, elapsed_ms=(time.perf_counter() - begin) * 1000))


KIND = StepKind(
    model=WaitStep,
    execute=execute,
    gives="null",
)
