"""The kind `python`: call a function of a module, where YAML ends."""

from __future__ import annotations

import asyncio
import inspect
import json
import linecache
import time
import traceback
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from agentrig.checks import Output
from agentrig.errors import AgentrigError, UsageError
from agentrig.events import CheckResult, Outcome
from agentrig.scenario import StrictModel, closest, describe_duration
from agentrig.steps._context import StepContext, StepResult
from agentrig.steps._model import Step
from agentrig.steps._python_call import CallFailed, call_function, in_thread, load_module
from agentrig.steps._python_source import (
    CallProblem,
    argument_problem,
    find_function,
    parse_call,
)
from agentrig.steps._registry import StepKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentrig.steps._python_source import Call

__all__ = ["KIND", "PythonCall", "PythonStep"]

# Of a step's time, left for saying that the function did not end.
_LEFT_S = 0.25
_FRAMES = 12


class PythonCall(StrictModel):
    """A function, and what it is given."""

    call: str = Field(
        description="`path/to/module.py:function`, relative to the scenario's file, or "
        "`package.module:function`. It may be `async`; else it runs in a thread of its own.",
        json_schema_extra={"examples": ["orders.py:make_order"]},
    )
    with_: dict[str, Any] = Field(
        default={}, alias="with", description="Its arguments by their names."
    )

    @field_validator("call")
    @classmethod
    def _is_there(cls, value: str, info: ValidationInfo) -> str:
        folder: Path | None = (info.context or {}).get("folder")
        try:
            call = parse_call(value)
            if folder is not None:
                find_function(call, folder)
        except CallProblem as problem:
            raise _mistake(problem) from None
        return value

    @model_validator(mode="after")
    def _takes_its_arguments(self, info: ValidationInfo) -> PythonCall:
        folder: Path | None = (info.context or {}).get("folder")
        if folder is not None and (function := find_function(parse_call(self.call), folder)):
            problem = argument_problem(function, self.with_)
            if problem:
                raise _mistake(problem, within=("call",))
        return self


class PythonStep(Step):
    """A call of a function; what it returns is the output, as JSON."""

    kind: ClassVar[str] = "python"

    python: PythonCall = Field(description="The function, and what it is given.")

    def title(self) -> str:
        """Name the step by its function where it has no name."""
        return self.name or f"python {self.python.call}"


async def execute(step: PythonStep, context: StepContext) -> StepResult:
    """Call the function. Raises UsageError where its module cannot be imported."""
    call = parse_call(step.python.call)
    begin = time.perf_counter()
    limit_s, function = context.timeout_s, None
    limit = asyncio.timeout(limit_s - min(_LEFT_S, limit_s / 10))
    try:
        async with limit:
            function = await _function(call, context.folder)
            # A copy: what the function does to it must not reach the next time.
            value = await call_function(function, deepcopy(step.python.with_))
    except CallFailed as failed:
        if isinstance(failed.error, AgentrigError):
            raise failed.error from None
        return _failed(step, context, _told(failed, context.folder))
    except TimeoutError:
        if not limit.expired():
            raise
        problem = f"'{call.function}' did not end within {describe_duration(limit_s)}"
        if function is None or not inspect.iscoroutinefunction(function):
            problem += "; its thread goes on until the run ends: Python cannot stop it"
        return _failed(step, context, problem)
    elapsed_ms = (time.perf_counter() - begin) * 1000
    try:
        # What JSON makes of it: tuples are lists, and later changes by the function do not count.
        data = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"'{call.function}' returned {type(value).__name__}, which is no JSON: {error}"
        return _failed(step, context, problem)
    text = data if isinstance(data, str) else None
    return StepResult(output=Output(data=data, text=text, elapsed_ms=elapsed_ms))


async def _function(call: Call, folder: Path) -> Callable[..., Any]:
    try:
        module = await in_thread(lambda: load_module(call, folder))
    except CallFailed as failed:
        error = failed.error
        problem = f"{type(error).__name__}: {failed}"
        at = _last_line(error, folder)
        raise UsageError(
            f"'{call.module}' cannot be imported: {problem}{f' ({at[0]})' if at else ''}"
        ) from error
    function = getattr(module, call.function, None)
    if function is None:
        known = closest(call.function, dir(module))
        raise UsageError(f"'{call.module}' has no '{call.function}'{f': {known}' if known else ''}")
    if not callable(function):
        raise UsageError(f"'{call.function}' of '{call.module}' is no function")
    found: Callable[..., Any] = function
    return found


def _failed(step: PythonStep, context: StepContext, problem: str) -> StepResult:
    check = CheckResult(
        check="python",
        outcome=Outcome.FAILED,
        message=f"[{step.title()}] {problem}",
        at=context.locate(("python", "call")),
    )
    return StepResult(checks=(check,))


def _told(failed: CallFailed, folder: Path) -> str:
    """Say what a function raised, where, and by which way."""
    error = failed.error
    at = _last_line(error, folder)
    said, _, rest = str(failed).partition("\n")
    if isinstance(error, AssertionError):
        # A bare `assert` has no words of its own: its line speaks for it.
        what = said or (at[1] if at else "") or "AssertionError"
    else:
        what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    head = f"{at[0]}: {what}" if at else what
    trace = _trace(error, folder)
    return "\n".join(part for part in (head, rest, trace) if part)


def _last_line(error: BaseException, folder: Path) -> tuple[str, str] | None:
    """Find the last line of the user's own code: `file:line`, and what stands there."""
    frames = _own_frames(error)
    if not frames:
        return None
    last = frames[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    return f"{_shown(last.filename, folder)}:{last.lineno}", line


def _trace(error: BaseException, folder: Path) -> str:
    """Write the way to an error through the user's own code; nothing for a single step."""
    frames = _own_frames(error)[-_FRAMES:]
    if len(frames) < 2:  # noqa: PLR2004  # one frame is in the first line already
        return ""
    lines = [
        f"  {_shown(one.filename, folder)}:{one.lineno} in {one.name}: {(one.line or '').strip()}"
        for one in frames
    ]
    return "\n".join(lines)


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """List the frames from the called function on: without ours, and without libraries' last ones."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).parent)
    own = [one for one in frames if not one.filename.startswith((ours, "<frozen"))]
    # A failure deep in a library is told at the line that called it.
    outside = [
        one
        for one in own
        if "site-packages" not in one.filename and "/lib/python" not in one.filename
    ]
    return outside or own


def _shown(filename: str, folder: Path) -> str:
    path = Path(filename)
    return (
        path.relative_to(folder.resolve()).as_posix()
        if path.is_relative_to(folder.resolve())
        else path.name
    )


def _mistake(problem: CallProblem, within: tuple[str, ...] = ()) -> PydanticCustomError:
    context: Mapping[str, Any] = {"problem": str(problem), "hint": problem.hint, "within": within}
    return PydanticCustomError("call", "{problem}", dict(context))


KIND = StepKind(
    model=PythonStep,
    execute=execute,
    gives="what the function returns",
)
