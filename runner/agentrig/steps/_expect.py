"""What a step expects of an HTTP response, and the checks that follow from it.

The order is AgentSpec's: status, headers_absent, headers_present, jq with not_null, equals and
contains, body_contains. A step's checks end at the first one that fails, as there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from agentrig._redact import cut
from agentrig.checks import Expect, NotJsonError
from agentrig.events import CheckResult, Outcome
from agentrig.scenario import QueryError, QuerySyntaxError, compile_query, empty_list
from agentrig.steps._matchers import MATCHERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.checks import Output
    from agentrig.documents import Location
    from agentrig.steps._context import StepContext

__all__ = ["HttpExpect", "check_body", "check_head", "check_response"]

# Enough of a value to recognise it in a message; the whole body is in the exchange.
VALUE_CHARACTERS = 500


class HttpExpect(Expect):
    """What the response must be; without a key there is no check."""

    status: int | None = Field(default=None, ge=100, le=599, description="The HTTP status code.")
    headers_absent: list[str] = Field(
        default_factory=empty_list,
        description="Headers that must not be there; case does not matter.",
    )
    headers_present: list[str] = Field(
        default_factory=empty_list, description="Headers that must be there, whatever their value."
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
    def _is_query(cls, value: str, info: ValidationInfo) -> str:
        if not value.strip():
            raise PydanticCustomError(
                "jq", "'jq' must not be empty", {"hint": "write '.' for the whole body"}
            )
        try:
            compile_query(value, (info.context or {}).get("names", frozenset()))
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
    expect: HttpExpect, output: Output, context: StepContext, title: str
) -> tuple[CheckResult, ...]:
    """Check a response by AgentSpec's keys; the last result is the failed one, if one failed."""
    results = check_head(expect, output, context, title)
    if results and results[-1].outcome is Outcome.FAILED:
        return results
    return results + await check_body(expect, output, context, title)


def check_head(
    expect: HttpExpect, output: Output, context: StepContext, title: str
) -> tuple[CheckResult, ...]:
    """Check status and headers."""
    return _results(_head_checks(expect, output), context, title)


async def check_body(
    expect: HttpExpect, output: Output, context: StepContext, title: str
) -> tuple[CheckResult, ...]:
    """Check the JSON value, then the text."""
    results: tuple[CheckResult, ...] = ()
    if expect.jq is not None:
        results = _results(await _query_checks(expect, expect.jq, output, context), context, title)
    if expect.body_contains is None or (results and results[-1].outcome is Outcome.FAILED):
        return results
    problem = None
    if expect.body_contains not in output.text:
        problem = f"body must contain {expect.body_contains!r}"
    return results + _results(
        [_Found(("body_contains",), "body_contains", problem)], context, title
    )


def _results(found: list[_Found], context: StepContext, title: str) -> tuple[CheckResult, ...]:
    results: list[CheckResult] = []
    for location, check, problem in found:
        if problem is None:
            results.append(CheckResult(check=check, outcome=Outcome.PASSED))
            continue
        message, at = f"[{title}] {problem}", context.locate(("expect", *location))
        results.append(CheckResult(check=check, outcome=Outcome.FAILED, message=message, at=at))
        break
    return tuple(results)


class _Found(NamedTuple):
    """Where a check stands, its name, and its problem."""

    location: Location
    check: str
    problem: str | None


def _head_checks(expect: HttpExpect, output: Output) -> list[_Found]:
    found: list[_Found] = []
    if expect.status is not None:
        passes = output.status == expect.status
        problem: str | None = None
        if not passes:
            problem = f"expected status {expect.status}, got {output.status}"
        found.append(_Found(("status",), "status", problem))
    for must, headers in (("absent", expect.headers_absent), ("present", expect.headers_present)):
        for index, header in enumerate(headers):
            present = output.header(header) is not None
            problem = None
            if present is not (must == "present"):
                state = "present" if present else "absent"
                problem = f"header '{header}' must be {must} but is {state}"
            found.append(_Found((f"headers_{must}", index), f"header {header} {must}", problem))
    return found


async def _query_checks(
    expect: HttpExpect, jq: str, output: Output, context: StepContext
) -> list[_Found]:
    try:
        value = await compile_query(jq, None).evaluate(output.data, context.names)
    except NotJsonError as error:
        return [_Found(("jq",), f"jq {jq}", f"path '{jq}': the body is not JSON: {error}")]
    except QueryError as error:
        return [_Found(("jq",), f"jq {jq}", f"path '{jq}': {error}")]
    found: list[_Found] = []
    for name, expected in expect.matchers():
        matcher = MATCHERS[name]
        problem = None
        if not matcher.holds(value, expected):
            problem = f"path '{jq}': {cut(matcher.explain(value, expected), VALUE_CHARACTERS)}"
        found.append(_Found((name,), f"jq {jq} {name}", problem))
    return found
