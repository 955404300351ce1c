"""The step kind `resolve`: a host has an address."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentrig.checks import Output
from agentrig.events import CheckResult, Outcome
from agentrig.steps import Step, StepKind, StepResult

if TYPE_CHECKING:
    from agentrig.steps import StepContext


class ResolveStep(Step):
    """Look a host up."""

    kind: ClassVar[str] = "resolve"

    resolve: str = Field(min_length=1, description="The host's name.")

    def title(self) -> str:
        return self.name or f"resolve {self.resolve}"


async def execute(step: ResolveStep, context: StepContext) -> StepResult:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(step.resolve, None)
    except socket.gaierror as error:
        at, message = context.locate(("resolve",)), f"[{step.title()}] no address: {error.strerror}"
        check = CheckResult(check="resolve", outcome=Outcome.FAILED, message=message, at=at)
        return StepResult(checks=(check,))
    check = CheckResult(check="resolve", outcome=Outcome.PASSED)
    addresses = sorted({str(one[4][0]) for one in found})
    # What captures and `expect.checks` read.
    return StepResult(checks=(check,), output=Output(data=addresses))


KIND = StepKind(model=ResolveStep, execute=execute)
