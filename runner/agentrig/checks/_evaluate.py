"""Checks and captures on the output of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.checks._matcher import CannotMatchError, Missing
from agentrig.checks._patterns import SlowPatternError, begin, in_thread
from agentrig.checks._subject import NothingThereError
from agentrig.events import CheckResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agentrig.checks._bound import BoundMatcher, Matchers
    from agentrig.checks._check import Capture, Check
    from agentrig.checks._output import Output
    from agentrig.checks._subject import Subject
    from agentrig.documents import Location
    from agentrig.errors import Position
    from agentrig.scenario import Variables

__all__ = ["capture_output", "check_output", "check_value"]


async def check_output(
    checks: Sequence[Check],
    output: Output,
    names: Variables,
    *,
    title: str,
    locate: Callable[[Location], Position],
    within: Location = ("expect", "checks"),
) -> tuple[CheckResult, ...]:
    """Judge an output by checks in order, one result for each matcher, up to the first that fails.

    `locate` finds a location of the step in its file; `within` is where the checks stand.
    """
    results: list[CheckResult] = []
    begin()
    for index, check in enumerate(checks):
        subject = check.subject
        try:
            value = await subject.read(output, names)
        except NothingThereError as error:
            at = locate((*within, index, subject.kind))
            results.append(_failed(subject.label, f"[{title}] {subject}: {error}", at))
            break
        for bound, passed in zip(check.matchers, check.passed, strict=True):
            try:
                problem = _problem(bound, value)
            except SlowPatternError:
                problem = await in_thread(_problem, bound, value)
            if problem is not None:
                at = locate((*within, index, *check.location(bound)))
                results.append(_failed(passed.check, f"[{title}] {subject}: {problem}", at))
                return tuple(results)
            results.append(passed)
    return tuple(results)


async def check_value(
    matchers: Matchers,
    value: Any,
    *,
    subject: str,
    title: str,
    locate: Callable[[Location], Position],
    within: Location,
) -> tuple[CheckResult, ...]:
    """Judge a value by matchers of a kind's own keys, up to the first that fails.

    `subject` names the value in messages; `within` is where the matchers stand in the step.
    """
    results: list[CheckResult] = []
    begin()
    for bound in matchers.bound:
        check = f"{subject} {bound.name}"
        try:
            problem = _problem(bound, value)
        except SlowPatternError:
            problem = await in_thread(_problem, bound, value)
        if problem is not None:
            at = locate((*within, bound.name))
            results.append(_failed(check, f"[{title}] {subject}: {problem}", at))
            break
        results.append(CheckResult(check=check, outcome=Outcome.PASSED))
    return tuple(results)


async def capture_output(
    captures: Mapping[str, Capture],
    output: Output,
    names: Variables,
    *,
    title: str,
    locate: Callable[[Location], Position],
    within: Location = ("capture",),
) -> tuple[dict[str, Any], CheckResult | None]:
    """Read the values of captures by their names, up to the first that is not there.

    That one is a failed check. A null value is not there: `.id // ""` gives another.
    """
    values: dict[str, Any] = {}
    for name, capture in captures.items():
        subject = capture.subject
        try:
            value = await subject.read(output, names)
            problem = _absence(subject, value)
        except NothingThereError as error:
            value, problem = None, f"{subject}: {error}"
        if problem is not None:
            at = locate((*within, name, subject.kind))
            return values, _failed(f"capture {name}", f"[{title}] capture '{name}': {problem}", at)
        values[name] = value
    return values, None


def _absence(subject: Subject, value: Any) -> str | None:
    if value is None:
        return f"{subject} is null"
    return f"there is no {value.what}" if isinstance(value, Missing) else None


def _problem(bound: BoundMatcher, value: Any) -> str | None:
    try:
        return bound.problem(value)
    except CannotMatchError as error:
        return str(error)
    except RecursionError:
        return "the value is nested too deeply to compare"


def _failed(check: str, message: str, at: Position) -> CheckResult:
    return CheckResult(check=check, outcome=Outcome.FAILED, message=message, at=at)
