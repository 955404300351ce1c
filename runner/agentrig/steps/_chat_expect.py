"""What a step expects of a chat completion, and the checks that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from agentrig.checks import Expect, Matchers, check_value
from agentrig.events import Outcome
from agentrig.scenario import StrictModel
from agentrig.steps._fields import OrSchema

if TYPE_CHECKING:
    from agentrig.events import CheckResult
    from agentrig.steps._context import StepContext

__all__ = ["ChatExpect", "check_answer", "check_status"]


def _plain_equals(value: Any) -> Any:
    return {"equals": value} if isinstance(value, str | int) else value


_VALUE = {"type": ["string", "integer"]}
# `stop` is short for `{equals: stop}`.
_ValueOrMatchers = Annotated[Matchers, BeforeValidator(_plain_equals), OrSchema(_VALUE)]


class UsageExpect(StrictModel):
    """Numbers of tokens, as the server counts them."""

    prompt_tokens: Matchers | None = Field(default=None, description="Tokens of the messages.")
    completion_tokens: Matchers | None = Field(default=None, description="Tokens of the answer.")
    total_tokens: Matchers | None = Field(default=None, description="Both together.")


class ChatExpect(Expect):
    """What the answer must be; an answer that is no chat completion fails anyway."""

    status: _ValueOrMatchers | None = Field(
        default=None,
        description="The HTTP status code, or matchers of it. Where one of an error is expected, "
        "the answer need not be a chat completion.",
    )
    finish_reason: _ValueOrMatchers | None = Field(
        default=None,
        description="Why the answer ended, or matchers of it: `stop`, `length`, `tool_calls`, "
        "`content_filter`.",
    )
    content: Matchers | None = Field(
        default=None, description="Matchers of the text; it is null where there are only calls."
    )
    tool_calls: Matchers | None = Field(
        default=None,
        description="Matchers of the list of calls, each `{name, arguments}`; no calls are [].",
    )
    usage: UsageExpect | None = Field(default=None, description="Matchers of numbers of tokens.")
    latency_ms: Matchers | None = Field(
        default=None, description="Matchers of the time until the answer was whole."
    )
    first_token_ms: Matchers | None = Field(
        default=None,
        description="Matchers of the time until the first piece of a streamed answer.",
    )


async def check_status(
    expect: ChatExpect, status: int, context: StepContext, title: str
) -> tuple[CheckResult, ...]:
    """Check the HTTP status, if anything is expected of it."""
    return await _check(expect.status, status, ("status",), context=context, title=title)


async def check_answer(
    expect: ChatExpect, data: dict[str, Any], context: StepContext, title: str
) -> tuple[CheckResult, ...]:
    """Check an answer as the step's output has it, up to the first check that fails."""
    usage, usage_data = expect.usage or UsageExpect(), data["usage"] or {}
    # Ids are made up anew each time: with them no list of calls could be compared.
    calls = [{"name": one["name"], "arguments": one["arguments"]} for one in data["tool_calls"]]
    results: tuple[CheckResult, ...] = ()
    for matchers, value, location in (
        (expect.finish_reason, data["finish_reason"], ("finish_reason",)),
        (expect.content, data["content"], ("content",)),
        (expect.tool_calls, calls, ("tool_calls",)),
        (usage.prompt_tokens, usage_data.get("prompt_tokens"), ("usage", "prompt_tokens")),
        (
            usage.completion_tokens,
            usage_data.get("completion_tokens"),
            ("usage", "completion_tokens"),
        ),
        (usage.total_tokens, usage_data.get("total_tokens"), ("usage", "total_tokens")),
        (expect.latency_ms, data["elapsed_ms"], ("latency_ms",)),
        (expect.first_token_ms, data["first_token_ms"], ("first_token_ms",)),
    ):
        results += await _check(matchers, value, location, context=context, title=title)
        if results and results[-1].outcome is Outcome.FAILED:
            break
    return results


async def _check(
    matchers: Matchers | None,
    value: Any,
    location: tuple[str, ...],
    *,
    context: StepContext,
    title: str,
) -> tuple[CheckResult, ...]:
    if matchers is None:
        return ()
    return await check_value(
        matchers,
        value,
        subject=" ".join(location),
        title=title,
        locate=context.locate,
        within=("expect", *location),
    )
