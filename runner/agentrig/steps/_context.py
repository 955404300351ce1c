"""What a step is given, and what it gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from agentrig.checks import Output
    from agentrig.documents import Location
    from agentrig.errors import Position
    from agentrig.events import CheckResult, Exchange
    from agentrig.kubernetes import KubernetesSettings
    from agentrig.scenario import Names, Place, Scenario
    from agentrig.steps._clients import Clients
    from agentrig.steps._cookies import CookieJar
    from agentrig.targets import Target

__all__ = ["Resources", "StepContext", "StepResult"]

T = TypeVar("T")


class Resources(Protocol):
    """Things that are made once in a run, and closed at its end."""

    async def get(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """Give what `make` made for `key`; asked for at the same time, it is made once."""


class StepContext(Struct, frozen=True, kw_only=True):
    """The step's place in its run.

    `cookies` are the scenario's, which began at `started_at` (seconds since the epoch);
    `timeout_s` is how long the step may take, hardly longer than its scenario has left.
    `kubernetes` says which cluster the run works on.
    What is given to `hide`, such as a token that was issued, stands in no report from then on.
    """

    scenario: Scenario
    place: Place
    names: Names
    clients: Clients
    cookies: CookieJar
    find_target: Callable[[str], Awaitable[Target]]
    resources: Resources
    kubernetes: Callable[[], KubernetesSettings]
    on_teardown: Callable[[Callable[[], Awaitable[None]]], None]
    started_at: float
    timeout_s: float
    hide: Callable[[str], None]

    @property
    def folder(self) -> Path:
        """The folder of the file that the step stands in, for files that it names."""
        return self.place.folder

    def locate(self, location: Location = (), *, key: bool = False) -> Position:
        """Find a part of the step in its file, e.g. `("expect", "status")`."""
        return self.place.locate(location, key=key)

    async def resource(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """Give what the run has one of, such as a token; it is made when first asked for.

        At the end of the run, its `aclose` is called if it has one.
        """
        return await self.resources.get(key, make)


class StepResult(Struct, frozen=True, kw_only=True):
    """What a kind found out by itself: its own checks, in their order, and what came.

    `expect.checks` and `capture` are evaluated on `output` by the engine; `exchange` gives what
    went over the wire, and is called only for a step that did not pass.
    """

    checks: tuple[CheckResult, ...] = ()
    output: Output | None = None
    exchange: Callable[[], Exchange] | None = None
