"""Why a scenario did not pass, in the fields of the guide's mapping and of pytest-elk-reporter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from agentrig._redact import cut, redact_text
from agentrig.events import Language, Outcome

if TYPE_CHECKING:
    from agentrig.events import Planned, ScenarioFinished, StepFinished

__all__ = ["failure_fields"]

MAX_MESSAGE = 8_000
MAX_DETAILS = 30_000

# The last line of pytest's traceback: `tests/test_chat.py:12: ValueError`.
_AT_END = re.compile(r"^\S[^\n]*:\d+: ([A-Za-z_][\w.]*)\s*$", re.MULTILINE)
# And the first of what was raised: `httpx.ReadTimeout: timed out`.
_AT_BEGIN = re.compile(r"^((?:\w+\.)*[A-Z]\w*)(?::|$)")
_BAD = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.INTERRUPTED, Outcome.NOT_RUN})


def failure_fields(
    event: ScenarioFinished, step: StepFinished | None, planned: Planned | None
) -> dict[str, Any]:
    """Give `failure` and `failure_message` of what did not pass, `reason` of what was skipped."""
    if event.outcome not in _BAD:
        return {"reason": _text(event.message, MAX_MESSAGE)} if event.message else {}
    message = event.message or (step.message if step else None) or event.outcome.value
    failure: dict[str, Any] = {"message": _text(message, MAX_MESSAGE)}
    if kind := _exception_type(event, planned):
        failure["exception_type"] = kind
    if step:
        failure["step"] = cut(step.name, MAX_MESSAGE)
        failed = next((one for one in step.checks if one.outcome is not Outcome.PASSED), None)
        if failed:
            failure["check"] = failed.check
            failure |= {"line": failed.at.line} if failed.at else {}
    whole = "\n".join(part for part in (message, event.details) if part)
    return {"failure": failure, "failure_message": _text(whole, MAX_DETAILS)}


def _text(text: str, limit: int) -> str:
    # What a test printed goes to more people than its log: credentials are hidden by their looks.
    return cut(redact_text(text), limit)


def _exception_type(event: ScenarioFinished, planned: Planned | None) -> str | None:
    """Name the class of what was raised; a check that failed is an assertion."""
    if event.outcome is Outcome.ERROR:
        return "InfraError"
    if event.outcome is not Outcome.FAILED:
        return None
    if planned is not None and planned.language is Language.PYTHON:
        if at_end := _AT_END.findall(event.details or ""):
            return str(at_end[-1])
        if at_begin := _AT_BEGIN.match(event.message or ""):
            return at_begin[1]
    return "AssertionError"
