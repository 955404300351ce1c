"""The kind `chat`: a question to a language model behind OpenAI's API, and checks on its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from agentrig.checks import Output
from agentrig.events import CheckResult, Outcome
from agentrig.steps._chat_expect import ChatExpect, check_answer, check_status
from agentrig.steps._chat_receive import receive
from agentrig.steps._chat_request import Chat  # noqa: TC001  # pydantic resolves it
from agentrig.steps._context import StepResult
from agentrig.steps._exchange import exchange_of, no_answer
from agentrig.steps._messages import NoAnswerError
from agentrig.steps._registry import StepKind
from agentrig.steps._request_step import RequestStep
from agentrig.steps._sending import prepare

if TYPE_CHECKING:
    from agentrig.steps._chat_receive import Received
    from agentrig.steps._context import StepContext

__all__ = ["KIND", "ChatStep"]


class ChatStep(RequestStep):
    """A chat completion; `chat` says what is asked, the keys beside it where and as whom."""

    kind: ClassVar[str] = "chat"

    path: str = Field(
        default="/v1/chat/completions",
        description="The path, with its query, appended to the endpoint's URL.",
    )
    chat: Chat = Field(description="What the model is asked.")
    expect: ChatExpect | None = Field(default=None, description="What the answer must be.")

    def title(self) -> str:
        """Name the step by its model where it has no name."""
        return self.name or f"chat with {self.chat.model}"

    @model_validator(mode="after")
    def _has_a_first_token(self) -> Self:
        if self.expect is not None and self.expect.first_token_ms and not self.chat.stream:
            raise PydanticCustomError(
                "chat",
                "only a stream has a 'first_token_ms'",
                {"within": ("expect", "first_token_ms"), "hint": "add 'stream: true' to 'chat'"},
            )
        return self


async def execute(step: ChatStep, context: StepContext) -> StepResult:
    """Ask the model and check what it answers. Raises InfraError when there can be no verdict."""
    sending = await prepare(
        step, context, "POST", body=step.chat.body(), content_type="application/json"
    )
    try:
        received = await receive(sending, stream=step.chat.stream)
    except NoAnswerError as error:
        partial = error.response
        return StepResult(
            checks=(no_answer(step.title(), context, str(error)),),
            exchange=lambda: exchange_of(sending.request, partial),
        )
    response, data = received.response, received.data()
    output = Output(
        data=data,
        # What the model said is what a pattern is looked for in.
        text=data["content"] or data["refusal"] or "",
        status=response.status,
        headers=response.headers,
        cookies=response.cookies,
        elapsed_ms=received.elapsed_ms,
    )
    return StepResult(
        checks=await _checks(step, context, received),
        output=output,
        exchange=lambda: exchange_of(sending.request, response),
    )


async def _checks(
    step: ChatStep, context: StepContext, received: Received
) -> tuple[CheckResult, ...]:
    """Check the status, that there is an answer, and the answer, up to what fails."""
    expect, title = step.expect or ChatExpect(), step.title()
    status = received.response.status
    checks = await check_status(expect, status, context, title)
    if any(check.outcome is Outcome.FAILED for check in checks):
        return checks
    # A status that is expected and stands for an error is an answer of its own.
    if received.problem is not None and not (received.is_refused and expect.status is not None):
        refused = f"status {status}: " if received.is_refused else ""
        failed = CheckResult(
            check="completion",
            outcome=Outcome.FAILED,
            message=f"[{title}] {refused}{received.problem}",
            at=context.locate(("chat",), key=True),
        )
        return (*checks, failed)
    return checks + await check_answer(expect, received.data(), context, title)


KIND = StepKind(
    model=ChatStep,
    execute=execute,
    gives=(
        "`{content, role, refusal, tool_calls, finish_reason, usage, model, first_token_ms, "
        "elapsed_ms, error, raw}`; a tool call is `{id, name, arguments}`, its arguments as JSON"
    ),
)
