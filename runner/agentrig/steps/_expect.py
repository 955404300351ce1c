"""What a step expects of an HTTP response, and the checks that follow from it.

The order is AgentSpec's: status, headers_absent, headers_present, jq with not_null, equals and
contains, body_contains. A step's checks end at the first one that fails, as there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from agentrig._redact import cut
from agentrig.checks import Expect, Output
from agentrig.events import CheckResult, Outcome
from agentrig.scenario import QueryError, QuerySyntaxError, compile_query
from agentrig.steps._matchers import MATCHERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from agentrig.scenario import Location
    from agentrig.steps._context import StepContext
    from agentrig.steps._messages import Response

__all__ = ["HttpExpect", "check_response", "decode_text"]

# Enough of a value to recognise it in a message; the whole body is in the exchange.
VALUE_CHARACTERS = 500


class HttpExpect(Expect):
    """What the response must be; without a key there is no check."""

    status: int | None = Field(default=None, ge=100, le=599, description="The HTTP status code.")
    headers_absent: list[str] = Field(
        default=[], description="Headers that must not be there; case does not matter."
    )
    headers_present: list[str] = Field(
        default=[], description="Headers that must be there, whatever their value."
    )
    jq: str | None = Field(
        default=None,
        description="A dotted path (`.issues[0].rule`) or a jq program over the JSON body.",
    )
    not_null: bool = Field(default=False, description="The value at `jq` is there and is not null.")
    equals: Any = Field(default=None, description="The value at `jq` equals this.")
    contains: str | None = Field(
        default=None, description="The text of the value at `jq` contains this."
    )
    body_contains: str | None = Field(
        default=None, description="The raw text of the body contains this."
    )

    @field_validator("jq")
    @classmethod
    def _is_query(cls, value: str) -> str:
        if not value.strip():
            raise PydanticCustomError(
                "jq", "'jq' must not be empty", {"hint": "write '.' for the whole body"}
            )
        try:
            compile_query(value)
        except QuerySyntaxError as error:
            raise PydanticCustomError(
                "jq",
                "'jq' is no jq program: {problem}",
                {
                    "problem": str(error),
                    "offset": error.offset,
                    "length": error.length,
                    "hint": error.hint,
                },
            ) from error
        return value

    def matchers(self) -> Iterator[tuple[str, Any]]:
        """Give the matchers of `jq` that are set, in order, with what they expect."""
        if self.not_null:
            yield "not_null", True
        if "equals" in self.model_fields_set:
            yield "equals", self.equals
        if self.contains is not None:
            yield "contains", self.contains


async def check_response(
    expect: HttpExpect, response: Response, context: StepContext, title: str
) -> tuple[CheckResult, ...]:
    """Check a response; the last result is the failed one, if one failed."""
    results: list[CheckResult] = []
    async for location, check, problem in _checks(expect, response):
        if problem is None:
            results.append(CheckResult(check=check, outcome=Outcome.PASSED))
            continue
        results.append(
            CheckResult(
                check=check,
                outcome=Outcome.FAILED,
                message=f"[{title}] {problem}",
                at=context.locate(("expect", *location)),
            )
        )
        break
    return tuple(results)


def decode_text(response: Response) -> str:
    """Decode a body by its declared charset, else as UTF-8; never fails."""
    return Output(body=response.body, headers=response.headers).text


async def _checks(
    expect: HttpExpect, response: Response
) -> AsyncIterator[tuple[Location, str, str | None]]:
    """Yield where each check stands, its name, and its problem, lazily and in order."""
    if expect.status is not None:
        problem = f"expected status {expect.status}, got {response.status}"
        yield ("status",), "status", problem if response.status != expect.status else None
    names = {name for name, _ in response.headers}
    for index, header in enumerate(expect.headers_absent):
        problem = f"header '{header}' must be absent but is present"
        absent = header.lower() not in names
        yield ("headers_absent", index), f"header {header} absent", None if absent else problem
    for index, header in enumerate(expect.headers_present):
        problem = f"header '{header}' must be present but is absent"
        present = header.lower() in names
        yield ("headers_present", index), f"header {header} present", None if present else problem
    if expect.jq is not None:
        async for one in _query_checks(expect, expect.jq, response):
            yield one
    if expect.body_contains is not None:
        problem = f"body must contain {expect.body_contains!r}"
        contains = expect.body_contains in decode_text(response)
        yield ("body_contains",), "body_contains", None if contains else problem


async def _query_checks(
    expect: HttpExpect, jq: str, response: Response
) -> AsyncIterator[tuple[Location, str, str | None]]:
    try:
        value = await compile_query(jq).evaluate(json.loads(response.body))
    except QueryError as error:
        yield ("jq",), f"jq {jq}", f"path '{jq}': {error}"
        return
    except (ValueError, RecursionError) as error:
        yield ("jq",), f"jq {jq}", f"path '{jq}': the body is not JSON: {error}"
        return
    for name, expected in expect.matchers():
        matcher = MATCHERS[name]
        problem = None
        if not matcher.holds(value, expected):
            problem = f"path '{jq}': {cut(matcher.explain(value, expected), VALUE_CHARACTERS)}"
        yield (name,), f"jq {jq} {name}", problem
