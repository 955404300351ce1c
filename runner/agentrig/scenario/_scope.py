"""Which names a step may read, known before anything runs."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from agentrig.scenario._mistakes import closest
from agentrig.scenario._names import ROOTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from agentrig.scenario._template import Expression

__all__ = ["RUN_NAMES", "Scope"]

RUN_NAMES = ("attempt", "id", "namespace", "shard")
"""What `run` holds."""

_EVERYWHERE: Mapping[str, Collection[str] | None] = {
    "run": RUN_NAMES,
    "env": None,
    "secret": None,
}


class Scope:
    """The roots that can be read here, with their members (None: any), and what was captured."""

    def __init__(self, roots: Mapping[str, Collection[str] | None]) -> None:
        """Begin with `roots`; `vars` can be read by their bare names as well."""
        # Most scenarios have none of their own, and thousands keep what they can read.
        self.roots = {**_EVERYWHERE, **roots} if roots else _EVERYWHERE
        self._captures: dict[str, None] = {}
        self._later = frozenset[str]()
        self._jq_names = frozenset[str]()
        self._jq_names_of = -1
        self.env: set[str] = set()
        self.secrets: set[str] = set()

    def expect_captures(self, names: Iterable[str]) -> None:
        """Say which names are captured anywhere, so that a step that reads one too early is told so."""
        self._later = frozenset(names)

    def capture(self, names: Iterable[str]) -> None:
        """Let the steps that follow read captures."""
        self._captures.update(dict.fromkeys(names))

    def below(self, roots: Mapping[str, Collection[str] | None]) -> Scope:
        """Give a scope with more roots, whose captures are shared."""
        inner = copy.copy(self)
        inner.roots = {**self.roots, **roots}
        inner._jq_names_of = -1  # noqa: SLF001  # its own class
        return inner

    @property
    def captured(self) -> tuple[str, ...]:
        """What has been captured so far."""
        return tuple(self._captures)

    @property
    def jq_names(self) -> frozenset[str]:
        """What jq programs can read as `$name`."""
        # Every step asks, and few capture anything: captures are only ever added.
        if self._jq_names_of != len(self._captures):
            roots = {*self.roots, "captures"} - {"env", "secret"}
            self._jq_names = frozenset({*roots, *self._bare()})
            self._jq_names_of = len(self._captures)
        return self._jq_names

    def problem(self, expression: Expression) -> tuple[str, str | None] | None:
        """Say why an expression can stand for nothing, and what to write instead, if so."""
        first, *rest = (str(part) for part in expression.path)
        if first in {"env", "secret"}:
            return self._variable(first, rest, piped=expression.query is not None)
        if first == "captures":
            return self._capture_problem(rest[0]) if rest else None
        if first in self._bare():
            return None
        if first in ROOTS:
            return self._root_problem(first, rest)
        if first in self._later:
            return self._capture_problem(first)
        known_names = {*self._bare(), *self.roots}
        return f"unknown name '{first}'", closest(first, known_names) or (
            f"known here: {', '.join(sorted(known_names))}"
        )

    def _bare(self) -> Collection[str]:
        return {*(self.roots.get("vars") or ()), *self._captures}

    def _root_problem(self, root: str, rest: list[str]) -> tuple[str, str | None] | None:
        if root not in self.roots:
            return f"there is no '{root}' here", _WHERE[root]
        members = self.roots[root]
        if members is None or not rest or rest[0] in members:
            return None
        known = f"known: {', '.join(sorted(members))}" if members else None
        return f"there is no '{rest[0]}' in '{root}'", closest(rest[0], members) or known

    def _capture_problem(self, name: str) -> tuple[str, str | None] | None:
        if name in self._captures:
            return None
        if name in self._later:
            return f"'{name}' is not captured yet", "a later step captures it"
        return f"no step captures '{name}'", closest(name, self._captures)

    def _variable(
        self, kind: str, rest: list[str], *, piped: bool
    ) -> tuple[str, str | None] | None:
        if len(rest) != 1:
            return f"'{kind}' is not followed by one name", f"write ${{{kind}.NAME}}"
        if not piped:  # a program can make something of null
            (self.env if kind == "env" else self.secrets).add(rest[0])
        return None


_WHERE = {
    "matrix": "the scenario has no 'matrix'",
    "data": "the scenario has no 'data'",
    "item": "only a step with 'foreach' has it",
    "index": "only a step with 'foreach' has it",
    "with": "only the steps of a document with 'define' have it",
    "vars": "the scenario has no 'vars'",
}
