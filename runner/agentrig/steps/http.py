"""The kind `http`: one request to an endpoint of the agent, and checks on its response."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentrig.checks import Output
from agentrig.steps._bodies import body_of
from agentrig.steps._context import StepResult
from agentrig.steps._exchange import exchange_of, no_answer
from agentrig.steps._expect import HttpExpect, check_response
from agentrig.steps._messages import NoAnswerError
from agentrig.steps._registry import StepKind
from agentrig.steps._request_step import BodyStep
from agentrig.steps._sending import prepare

if TYPE_CHECKING:
    from agentrig.events import CheckResult
    from agentrig.steps._context import StepContext

__all__ = ["KIND", "HttpStep"]


class HttpStep(BodyStep):
    """One HTTP request. The default kind: its keys stand in the step itself."""

    kind: ClassVar[str] = "http"

    expect: HttpExpect | None = Field(default=None, description="What the response must be.")


async def execute(step: HttpStep, context: StepContext) -> StepResult:
    """Send the request and check what comes.

    Raises InfraError when there can be no verdict: no connection comes about, or no token.
    """
    body, content_type = await body_of(step, context.folder)
    sending = await prepare(
        step, context, step.method.upper(), body=body, content_type=content_type
    )
    try:
        response = await sending.send()
    except NoAnswerError as error:
        partial = error.response
        return StepResult(
            checks=(no_answer(step.title(), context, str(error)),),
            exchange=lambda: exchange_of(sending.request, partial),
        )
    output = Output(
        body=response.body,
        status=response.status,
        headers=response.headers,
        cookies=response.cookies,
        elapsed_ms=sending.elapsed_ms,
    )
    checks: tuple[CheckResult, ...] = ()
    if step.expect is not None:
        checks = await check_response(step.expect, output, context, step.title())
    return StepResult(
        checks=checks,
        output=output,
        exchange=lambda: exchange_of(sending.request, response),
    )


KIND = StepKind(
    model=HttpStep,
    execute=execute,
    gives="the JSON of the body",
)
