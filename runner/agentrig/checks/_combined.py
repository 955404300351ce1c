"""Matchers of matchers."""

from __future__ import annotations

from functools import partial
from typing import Any

from agentrig.checks._bound import Matchers, MatchersList, first_problem
from agentrig.checks._matcher import CannotMatchError, Matcher
from agentrig.checks._values import name_type, show

__all__ = ["ALL", "ANY", "EACH", "NOT"]


def _not(actual: Any, matchers: Matchers) -> str | None:
    # What cannot be judged is neither: CannotMatchError passes through.
    if matchers.problem(actual) is not None:
        return None
    return f"expected not to hold: {matchers}, got {show(actual)}"


def _any(actual: Any, choices: tuple[Matchers, ...]) -> str | None:
    problems, unjudged = [], []
    for matchers in choices:
        try:
            problem = matchers.problem(actual)
        except CannotMatchError as error:
            unjudged.append(error)
            continue
        if problem is None:
            return None
        problems.append(problem)
    if unjudged:
        raise unjudged[0]
    return "\n  or: ".join(problems)


def _all(actual: Any, parts: tuple[Matchers, ...]) -> str | None:
    return first_problem(partial(matchers.problem, actual) for matchers in parts)


def _each(actual: Any, matchers: Matchers) -> str | None:
    if not isinstance(actual, list):
        raise CannotMatchError(f"expected a list, got {name_type(actual)}")
    return first_problem(
        partial(_element_problem, index, element, matchers) for index, element in enumerate(actual)
    )


def _element_problem(index: int, element: Any, matchers: Matchers) -> str | None:
    try:
        problem = matchers.problem(element)
    except CannotMatchError as error:
        raise CannotMatchError(f"element [{index}]: {error}") from error
    return None if problem is None else f"element [{index}]: {problem}"


NOT = Matcher(
    operand=Matchers,
    problem=_not,
    about="These matchers do not hold.",
    example="{jq: .answer, not: {matches: '(?i)sorry'}}",
    sees_missing=True,
)
ANY = Matcher(
    operand=MatchersList,
    problem=_any,
    about="At least one of these holds.",
    example="{jq: .grade, any: [{equals: A}, {equals: B}]}",
    sees_missing=True,
)
ALL = Matcher(
    operand=MatchersList,
    problem=_all,
    about="All of these hold.",
    example="{jq: .score, all: [{ge: 0}, {le: 100}]}",
    sees_missing=True,
)
EACH = Matcher(
    operand=Matchers,
    problem=_each,
    about="These matchers hold for every element of the list.",
    example="{jq: .issues, each: {type: object, superset: {severity: high}}}",
)
