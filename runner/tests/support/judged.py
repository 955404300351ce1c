"""Checks as an author writes them, loaded with positions and judged on an output."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import Field, ValidationError

from agentrig._excerpt import render_mistakes
from agentrig.checks import Capture, Expect, Output, capture_output, check_output
from agentrig.documents import Source
from agentrig.errors import ScenarioError
from agentrig.scenario import StrictModel, mistakes_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentrig.events import CheckResult

__all__ = ["Judged", "json_output", "judged", "mistakes_in", "problem_with", "written"]


class Judged(StrictModel):
    """What a step says of its output."""

    capture: dict[str, Capture] = Field(default={})
    expect: Expect = Field(default=Expect())


def json_output(value: Any, **more: Any) -> Output:
    return Output(body=json.dumps(value).encode(), **more)


def written(check: Mapping[str, Any]) -> str:
    """Write one check into a step, in one line."""
    flow = yaml.safe_dump(check, default_flow_style=True, sort_keys=False, width=10_000)
    return f"expect:\n  checks:\n    - {flow}"


def load(text: str, **context: Any) -> tuple[Judged, Source]:
    """Read `capture` and `expect`. Raises ScenarioError."""
    source = Source("step.yaml", text)
    try:
        return Judged.model_validate(source.parse(), context=context), source
    except ValidationError as error:
        raise ScenarioError(tuple(mistakes_of(error, source, model=Judged))) from error


def mistakes_in(text: str, **context: Any) -> str:
    """Give what lint would say of it."""
    try:
        load(text, **context)
    except ScenarioError as error:
        return render_mistakes(error.mistakes)
    return ""


def judged(
    text: str,
    output: Output,
    names: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> tuple[list[CheckResult], dict[str, Any]]:
    """Judge an output, and give the results and what was captured."""
    known = frozenset(names or {})
    step, source = load(text, names=known, folder=folder)

    async def run() -> tuple[list[CheckResult], dict[str, Any]]:
        results = await check_output(
            step.expect.checks, output, names or {}, title="Ask", locate=source.locate
        )
        values, failed = await capture_output(
            step.capture, output, names or {}, title="Ask", locate=source.locate
        )
        return [*results, *([failed] if failed else [])], values

    return asyncio.run(run())


def problem_with(value: Any, **matchers: Any) -> str | None:
    """Judge a JSON value by matchers; None if all hold."""
    names = {name.removesuffix("_"): operand for name, operand in matchers.items()}
    results, _ = judged(written({"jq": ".", **names}), Output(data=value))
    message = results[-1].message
    return message.removeprefix("[Ask] path '.': ") if message else None
