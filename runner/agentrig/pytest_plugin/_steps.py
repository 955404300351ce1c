"""The fixture `steps`: every kind of step, called from Python."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Any

from agentrig.errors import ScenarioError
from agentrig.pytest_plugin._test_steps import AgentOfSteps, TestSteps, caller, verdict
from agentrig.scenario import closest
from agentrig.steps import DEFAULT_KIND, step_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from agentrig.errors import Position
    from agentrig.pytest_plugin._background import Execution
    from agentrig.pytest_plugin._promises import Promises
    from agentrig.pytest_plugin._step_log import FinishedStep

__all__ = ["AsyncSteps", "Steps"]

# What Python says in its own words.
_PYTHONS_OWN = {"foreach": "a 'for' loop", "if": "an 'if'", "uses": "a function"}


class _Kinds:
    """Makes a step of a call such as `http(path="/chat")`."""

    def __init__(self, test: TestSteps, agent: AgentOfSteps | None = None) -> None:
        """Execute steps of `test`, by default without an agent."""
        self._test = test
        self._agent = agent or AgentOfSteps()

    @property
    def captures(self) -> Mapping[str, Any]:
        """All that the steps of this test have captured so far, by name."""
        return dict(self._test.captures)

    def __repr__(self) -> str:
        return f"steps of {self._agent.name}" if self._agent.name else "steps"

    def __dir__(self) -> list[str]:
        """List the kinds, for completion."""
        return [*super().__dir__(), *step_kinds().names]

    def _submit(
        self, kind: str, given: tuple[Any, ...], fields: Mapping[str, Any], at: Position
    ) -> Execution[Any]:
        __tracebackhide__ = True
        step = _step(kind, given, fields)
        try:
            return self._test.submit(kind, step, agent=self._agent, at=at)
        except ScenarioError as error:
            raise TypeError(_problems(kind, error)) from None

    def _check(self, kind: str) -> None:
        __tracebackhide__ = True
        names = step_kinds().names
        if kind not in names:
            hint = closest(kind, names) or f"known: {', '.join(names)}"
            # Without an object Python 3.12 adds no suggestion of its own.
            message = f"there is no step kind '{kind}' ({hint})"
            raise AttributeError(message, name=kind, obj=None)


class Steps(_Kinds):
    """Executes a step and waits for it: `steps.http(path="/chat", expect={"status": 200})`.

    A step takes the keys that it has in a file, and gives a `FinishedStep`. Raises AssertionError
    where a check fails, InfraError where there is no verdict, TypeError for keys that make no
    step. What is captured can be read by later steps of the test as `${name}`.
    """

    def for_agent(
        self, agent: str, *, proxy_port: int | None = None, control_port: int | None = None
    ) -> Steps:
        """Give steps that speak to `agent`, with the keys that a scenario has for it.

        Captures and cookies are shared.
        """
        return Steps(self._test, AgentOfSteps(agent, proxy_port, control_port))

    def __getattr__(self, kind: str) -> Callable[..., FinishedStep]:
        """Find a kind of step. Raises AttributeError."""
        __tracebackhide__ = True
        self._check(kind)

        def call(*given: Any, **fields: Any) -> FinishedStep:
            __tracebackhide__ = True
            return verdict(self._submit(kind, given, fields, caller()).result())

        return call


class AsyncSteps(_Kinds):
    """The same for async tests: `await steps.http(path="/chat")`."""

    def __init__(
        self, test: TestSteps, promises: Promises, agent: AgentOfSteps | None = None
    ) -> None:
        """Execute steps of `test`; `promises` are seen to at its end."""
        super().__init__(test, agent)
        self._promises = promises

    def for_agent(
        self, agent: str, *, proxy_port: int | None = None, control_port: int | None = None
    ) -> AsyncSteps:
        """Give steps that speak to `agent`, as `Steps.for_agent` does."""
        return AsyncSteps(self._test, self._promises, AgentOfSteps(agent, proxy_port, control_port))

    def __getattr__(self, kind: str) -> Callable[..., Coroutine[Any, Any, FinishedStep]]:
        """Find a kind of step. Raises AttributeError."""
        __tracebackhide__ = True
        self._check(kind)

        def call(*given: Any, **fields: Any) -> Coroutine[Any, Any, FinishedStep]:
            at = caller()
            what = f"steps.{kind}() in line {at.line}"
            return self._promises.keep(what, self._call(kind, given, fields, at))

        return call

    async def _call(
        self, kind: str, given: tuple[Any, ...], fields: Mapping[str, Any], at: Position
    ) -> FinishedStep:
        __tracebackhide__ = True
        return verdict(await self._submit(kind, given, fields, at).result_async())


def _step(kind: str, given: tuple[Any, ...], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Write the call as a file would: keys of the step itself, all others below the kind's key.

    A name with `_` behind it is the Python keyword without it, such as `with_`.
    """
    __tracebackhide__ = True
    model = step_kinds().kind(kind).model
    own = {field.alias or name for name, field in model.model_fields.items()}
    named = {
        name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name: value
        for name, value in fields.items()
    }
    for name, instead in _PYTHONS_OWN.items():
        if name in named:
            raise TypeError(f"steps.{kind}(): '{name}' is for files; in Python, write {instead}")
    step = {name: value for name, value in named.items() if name in own}
    below = {name: value for name, value in named.items() if name not in own}
    if len(given) > 1 or (given and (kind == DEFAULT_KIND or kind in step)):
        raise TypeError(f"steps.{kind}() takes its keys by name, as steps.{kind}(key=value)")
    if given:
        step[kind] = given[0]
    elif kind != DEFAULT_KIND and kind not in step:
        return {**step, kind: below}
    return step | below


def _problems(kind: str, error: ScenarioError) -> str:
    lines = [
        f"{mistake.message} ({mistake.hint})" if mistake.hint else mistake.message
        for mistake in error.mistakes
    ]
    return f"steps.{kind}(): " + "; ".join(lines)
