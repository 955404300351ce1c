"""The names that `${...}` and jq programs read while a scenario runs."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

from agentrig.scenario._mistakes import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["ROOTS", "MissingNameError", "Names"]

ROOTS: Final[Mapping[str, str]] = {
    "vars": "The scenario's variables; each also by its bare name.",
    "captures": "What steps have captured so far; each also by its bare name.",
    "matrix": "The combination of `matrix` that this item is.",
    "data": "The row of `data` that this item is, by its columns.",
    "item": "The element of `foreach`.",
    "index": "The place of the element, from 0.",
    "with": "The inputs of reused steps.",
    "run": "The run: `id`, `attempt`, `shard` and `namespace`.",
    "env": "Environment variables; not in jq programs.",
    "secret": "Secrets: files of `--secrets DIR`, else environment variables; not in jq programs. "
    "Their values are hidden in all reports.",
}
"""The names that a path can always begin with; no variable and no capture may have them."""

SHOWN_NAMES = 12

# What jq programs cannot see: they would need all of the environment, and show it.
_NOT_IN_JQ = frozenset({"env", "secret"})


class MissingNameError(LookupError):
    """A path leads to nothing; its text says where it ends and what is there instead.

    `is_not_captured` tells that it is the name of a capture which has not been made.
    """

    def __init__(self, message: str, *, is_not_captured: bool = False) -> None:
        super().__init__(message)
        self.is_not_captured = is_not_captured


class Names:
    """What a step may read: roots (`vars`, `matrix`, ...), and variables and captures by name.

    `env` and `secret` are functions from a name to its value, None where there is none.
    """

    __slots__ = ("_flat", "_lookups", "_roots", "captures")

    def __init__(
        self,
        roots: Mapping[str, Any],
        *,
        env: Callable[[str], str | None],
        secret: Callable[[str], str | None],
    ) -> None:
        """Begin with `roots`; captures are added while steps run."""
        self.captures: dict[str, Any] = {}
        self._lookups = {"env": env, "secret": secret}
        self._roots: dict[str, Any] = {**roots, "captures": self.captures}
        self._flat: list[Mapping[str, Any]] = [self.captures, self._roots.get("vars", {})]

    def below(self, **roots: Any) -> Names:
        """Give the same names with `item` and `index`, or with the inputs of reused steps.

        Captures are shared: what is captured below is there above as well.
        """
        inner = copy.copy(self)
        inner._roots = {**self._roots, **roots}  # noqa: SLF001  # its own class
        return inner

    def look_up(self, path: Sequence[str | int]) -> Any:
        """Follow a path such as `("matrix", "model")`. Raises MissingNameError."""
        first, *rest = path
        if first in self._lookups:
            return self._variable(str(first), rest)
        if first in self._roots:
            value = self._roots[str(first)]
        else:
            for names in self._flat:
                if first in names:
                    value = names[str(first)]
                    break
            else:
                # Loading has seen to it that the name exists: only a capture can still be missing.
                raise MissingNameError(f"'{first}' was not captured", is_not_captured=True)
        for depth, part in enumerate(rest, start=1):
            value = _into(value, part, path[:depth])
        return value

    def __iter__(self) -> Iterator[str]:
        """List the names that jq programs can read as `$name`."""
        yield from (root for root in self._roots if root not in _NOT_IN_JQ)
        for names in self._flat:
            yield from names

    def __getitem__(self, name: str) -> Any:
        """Give what `$name` stands for. Raises MissingNameError."""
        return self.look_up([name])

    def _variable(self, kind: str, rest: Sequence[str | int]) -> str:
        name = ".".join(str(part) for part in rest)
        value = self._lookups[kind](name)
        if value is None:
            what = "environment variable" if kind == "env" else "secret"
            raise MissingNameError(f"the {what} '{name}' is not set")
        return value


def _into(value: Any, part: str | int, above: Sequence[str | int]) -> Any:
    if isinstance(part, int) and isinstance(value, list) and -len(value) <= part < len(value):
        return value[part]
    if isinstance(value, dict) and part in value:
        return value[part]
    raise MissingNameError(_nothing_at(str(part), ".".join(map(str, above)), value))


def _nothing_at(name: str, above: str, value: Any) -> str:
    problem = f"there is no '{name}' in '{above}'"
    if isinstance(value, list):
        return f"{problem}, which is a list of {len(value)}"
    if not isinstance(value, dict):
        return f"{problem}, which is {'text' if isinstance(value, str) else json.dumps(value)}"
    known = [str(key) for key in value]
    hint = closest(name, known) or f"known: {', '.join(sorted(known)[:SHOWN_NAMES]) or 'nothing'}"
    return f"{problem} ({hint})"
