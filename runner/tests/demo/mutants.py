"""Mutants of scenarios and test modules: copies in which one expectation is another one."""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ModuleMutants", "ScenarioMutant", "module_mutants", "scenario_mutants"]

# Larger than every number that a demo scenario expects.
FAR = 1000
# What a jq program compares with: texts, numbers that are no index, booleans.
_JQ_LITERAL = re.compile(r'"[^"]*"|(?<![\w.\[])\d+|\b(?:true|false)\b')


@dataclass(frozen=True, kw_only=True)
class ScenarioMutant:
    """A scenario whose step number `step` expects something else at `place`."""

    place: str
    step: int
    scenario: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ModuleMutants:
    """One module with a copy of a test for each constant, and whole copies for those of helpers.

    The tests stand together because some of them restart a sidecar, which those that follow then
    find as they need it. `tests` are the names of the copies in `source`.
    """

    tests: list[str]
    source: str
    helpers: list[str]


def scenario_mutants(scenario: dict[str, Any]) -> Iterator[ScenarioMutant]:
    """Change each expectation of each step, one at a time."""
    unknown = scenario.keys() & {"setup", "teardown"}
    assert not unknown, f"no mutants of {unknown}"
    for index, step in enumerate(scenario["steps"]):
        for place, expect in _changed(step.get("expect", {})):
            mutant = copy.deepcopy(scenario)
            mutant["steps"][index]["expect"] = expect
            mutant["name"] = f"{scenario['name']} ({place} of step {index})"
            yield ScenarioMutant(place=place, step=index, scenario=mutant)


def _changed(expect: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the expectations with one of them changed, and which."""
    for key, value in expect.items():
        for place, changes in _changes(key, value, expect):
            yield place, {**expect, **changes}


def _changes(key: str, value: Any, expect: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    match key:
        case "status":
            yield key, {key: 299}
        case "headers_absent" | "headers_present":
            yield from _headers_changed(key, value, expect)
        case "jq":
            for changed in _jq_changed(value, asks_whether=isinstance(expect.get("equals"), bool)):
                yield f"jq {changed}", {key: changed}
        case "not_null":
            # The same path, to where there is nothing.
            yield key, {"jq": f"{expect['jq']}_changed"}
        case "equals" | "contains" | "body_contains":
            yield key, {key: _other(value)}
        case "checks":
            for place, checks in _checks_changed(value):
                yield place, {key: checks}
        case _:
            # A key that is not known here must not go without a mutant.
            raise AssertionError(f"no mutants of '{key}'")


def _headers_changed(
    key: str, headers: list[str], expect: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    other = {"headers_absent": "headers_present"}.get(key, "headers_absent")
    for header in headers:
        kept = [one for one in headers if one != header]
        yield f"{key} {header}", {key: kept, other: [*expect.get(other, []), header]}


def _checks_changed(checks: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for number, check in enumerate(checks):
        for name, negated in _negated(check):
            yield f"check {number} {name}", [*checks[:number], negated, *checks[number + 1 :]]


def _negated(check: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Turn each matcher of a check into its opposite; the first key is the subject."""
    subject, selector = next(iter(check.items()))
    if isinstance(selector, dict):
        for name, negated in _negated({subject: None, **selector}):
            yield name, {subject: {key: negated[key] for key in negated if key != subject}}
        return
    for name, operand in check.items():
        if name != subject:
            kept = {key: value for key, value in check.items() if key != name}
            yield name, {**kept, "not": {name: operand}}


def _jq_changed(program: str, *, asks_whether: bool) -> Iterator[str]:
    """Change what a program compares with, where it is the program that decides."""
    for found in _JQ_LITERAL.finditer(program) if asks_whether else ():
        literal = found[0]
        if literal in {"true", "false"}:
            changed = "false" if literal == "true" else "true"
        else:
            changed = f'{literal[:-1]}_changed"' if literal[0] == '"' else str(int(literal) + FAR)
        yield program[: found.start()] + changed + program[found.end() :]


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + FAR
        case str():
            return value + "_changed"
        case list():
            return [*value, "changed"]
    raise AssertionError(f"no mutant of {value!r}")


def module_mutants(source: str) -> ModuleMutants:
    """Change each constant that an assert compares or looks up, one at a time.

    What an assert says when it fails is no expectation, nor are the bounds of a slice.
    """
    original = ast.parse(source)
    count = sum(1 for _ in _constants(original))
    tests: list[ast.stmt] = []
    helpers: list[str] = []
    for number in range(count):
        tree = ast.parse(source)
        function, constant, direction = list(_constants(tree))[number]
        if isinstance(constant, ast.List):
            constant.elts.append(ast.Constant("changed"))
        elif isinstance(constant.value, int) and not isinstance(constant.value, bool):
            constant.value += direction * FAR
        else:
            constant.value = _other(constant.value)
        if function.name.startswith("test_"):
            function.name += f"_mutant_{number}"
            tests.append(function)
        else:
            helpers.append(ast.unparse(tree))
    original.body = [node for node in original.body if not _is_test(node)] + tests
    names = [test.name for test in tests if isinstance(test, ast.FunctionDef)]
    return ModuleMutants(tests=names, source=ast.unparse(original), helpers=helpers)


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _constants(
    tree: ast.Module,
) -> Iterator[tuple[ast.FunctionDef, ast.Constant | ast.List, int]]:
    """Give each constant with its function and the direction that makes its comparison fail."""
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Assert):
                for constant, direction in _within(node.test, 1):
                    yield function, constant, direction


def _within(node: ast.AST, direction: int) -> Iterator[tuple[ast.Constant | ast.List, int]]:
    if isinstance(node, ast.Constant) or (isinstance(node, ast.List) and not node.elts):
        yield node, direction
    elif isinstance(node, ast.Compare):
        yield from _within(node.left, 1)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            yield from _within(right, -1 if isinstance(operator, ast.LtE | ast.Lt) else 1)
    elif not isinstance(node, ast.Slice):
        for child in ast.iter_child_nodes(node):
            yield from _within(child, direction)
