r"""Which jq programs are sure to end soon, and may so run in this process.

libjq cannot be interrupted, and a program can loop, recurse, double a text again and again, or ask
for an array of a billion nulls. So its words are looked up in a list of what is harmless; one that
is not there (`def`, `reduce`, `repeat`, `range`, `*`, assignments, regular expressions, which
backtrack) makes the program one for a process of its own. For the others the work is bounded:

- A stage of a pipe that iterates twice over the same value (`.[] + .[]`) makes n² of n, and a
  stage behind it starts from those: the powers of stages multiply, those within one add up.
- What is written side by side (`., .`, `. + .`, `{a: ., b: .}`) multiplies by how often it stands
  there, text made of values by up to 8 (JSON's `\u0001`), a variable by its size.

Without variables of its own (`as`), a program sees an element alone within `map`, and so a whole
`.a[] | .b[]` visits no part of its input twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Bound", "bound_of", "without_folding"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n\\]*(?=\n|$))
    |(?P<quote>")
    |(?P<field>\.[A-Za-z_]\w*)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<variable>\$[A-Za-z_]\w*)
    |(?P<format>@\w+)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>\.\.|\?//|//=|[|+*/%-]=|==|!=|<=|>=|//|[][(){}.,:;|?<>+%/*=-])
    """,
    re.VERBOSE,
)
_IN_STRING = re.compile(r'[^"\\]+|\\[^(]')

_STRING_GROWTH = 8

# Words by the power of the work that they do on what they are given.
_POWERS = {
    0: """
        abs and arrays ascii_downcase ascii_upcase booleans catch ceil elif else empty end
        endswith error explode fabs false first floor from_entries fromjson has if in isempty isinfinite isnan isnormal iterables keys keys_unsorted
        last length limit ltrim ltrimstr max min not nth null nulls numbers objects or reverse
        round rtrim rtrimstr scalars select sort split sqrt startswith strings then to_entries
        toboolean tojson tonumber tostring trim trimstr true trunc try type
        unique utf8bytelength values
    """,
    1: "IN add flatten",
    2: "contains inside join paths transpose",
}
_POWER = {word: power for power, words in _POWERS.items() for word in words.split()}
# Those that look at one element after the other.
_ELEMENTWISE = frozenset(
    [
        "all",
        "any",
        "group_by",
        "map",
        "map_values",
        "max_by",
        "min_by",
        "sort_by",
        "unique_by",
        "with_entries",
    ]
)
_GROWTH = dict.fromkeys(["from_entries", "to_entries", "tojson", "tostring"], _STRING_GROWTH)
_GROWTH["with_entries"] = _STRING_GROWTH * _STRING_GROWTH
# With a second argument they mean something else.
_OF_ONE_ARGUMENT = frozenset({"split"})
_HARMLESS_SIGNS = frozenset(["//", "==", "!=", "<=", ">=", "<", ">", "?", ".", ":", "/", "%"])
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Bound(Struct, frozen=True):
    """The work of a program is at most (`factor` · size · variables' size ^ `variables`) ^ `power`."""

    power: int
    factor: int
    variables: int

    def steps(self, size: int, variables_size: int) -> int:
        """How many values may be visited or made, for sizes in characters of JSON."""
        base: int = self.factor * size * variables_size**self.variables
        steps: int = base**self.power
        return steps


class _UnboundedError(Exception):
    pass


def bound_of(program: str) -> Bound | None:
    """Bound the work of a program that compiles; None when nothing is known of it."""
    try:
        return _Reader(program).read()
    except _UnboundedError:
        return None


def without_folding(program: str) -> tuple[str, list[int]]:
    """Keep libjq from working out `"text" * 1e9` while it compiles: that would take a gigabyte.

    A text beside `*` gets a `?`, which catches the errors that it cannot have. Gives the program
    and where something was put into it.
    """
    if "*" not in program or '"' not in program:
        return program, []
    try:
        found = [*_tokens(program)]
    except _UnboundedError:
        return program, []
    places = [
        token.end
        for at, token in enumerate(found)
        if token.kind == "string"
        and "*" in {_sign_behind(found[at + 1 :], ")"), _sign_behind(found[at - 1 :: -1], "(")}
    ]
    for place in reversed(places):
        program = f"{program[:place]}?{program[place:]}"
    return program, [place + at for at, place in enumerate(places)]


def _sign_behind(found: list[_Token], bracket: str) -> str:
    return next((token.text for token in found if token.text != bracket), "")


class _Token(NamedTuple):
    kind: str
    text: str
    end: int


def _tokens(program: str) -> Iterator[_Token]:
    r"""Split a program; a text `"\(.a)"` comes as `\(`, its code, `)`, and itself at its end.

    Raises _UnboundedError at what this does not know.
    """
    brackets: list[str] = []  # that are open: "(", or "\\(" within a text
    at = 0
    in_string = False
    while at < len(program):
        if not in_string:
            found = _TOKEN.match(program, at)
            if not found:
                raise _UnboundedError
            kind, text, at = str(found.lastgroup), found[0], found.end()
            if kind == "quote":
                in_string = True
            elif kind != "space":
                if text == "(":
                    brackets.append(text)
                elif text == ")" and brackets:
                    in_string = brackets.pop() == "\\("
                yield _Token(kind, text, at)
        elif found := _IN_STRING.match(program, at):
            at = found.end()
        elif program[at] == '"':
            in_string, at = False, at + 1
            yield _Token("string", "", at)
        else:
            brackets.append("\\(")
            in_string, at = False, at + 2
            yield _Token("sign", "\\(", at)


class _Reader:
    def __init__(self, program: str) -> None:
        self._tokens = [*_tokens(program), _Token("end", "", len(program))]
        self._at = 0
        self._factor = 1
        self._variables = 0

    def read(self) -> Bound:
        power = self._pipe("")
        return Bound(max(1, power), self._factor, self._variables)

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at].text

    def _pipe(self, closing: str) -> int:
        """Read up to `closing`; give the power of all stages together, 0 where none iterates."""
        power, iterates, stage, side_by_side = 1, False, 0, 1
        descending = False  # behind `.[]`, a path goes on within what it iterates over
        before = "{" if closing == "}" else ""
        while True:
            kind, text, _ = self._next()
            if kind != "string" and text in {"|", closing}:
                self._factor *= side_by_side
                power, iterates = power * max(1, stage), iterates or stage > 0
                stage, side_by_side = 0, 1
                if text == closing:
                    return power if iterates else 0
            elif text in {",", "+", ";"}:
                side_by_side += 1
            elif text == "-":
                stage += 0 if self._tokens[self._at].kind == "number" else 2  # of lists
            elif text == "[" and self._peek() == "]":
                self._next()
                stage += not descending
                descending = True
                continue
            elif text in {"(", "[", "{", "\\("}:
                self._factor *= _STRING_GROWTH if text == "\\(" else 1
                stage += self._pipe(_CLOSING.get(text, ")"))
            elif not (kind == "word" and closing == "}" and before in {"{", ","}):  # no key
                stage += self._term(kind, text)
            descending = descending and (kind == "field" or text in {".", "?"})
            before = text

    def _term(self, kind: str, text: str) -> int:
        if kind == "variable" and text not in {"$ENV", "$__loc__"}:
            self._variables += 1
            return 0
        if kind == "format":
            self._factor *= _STRING_GROWTH
            return 0
        if kind == "word":
            return self._word(text)
        if text == "..":
            return 2
        if kind in {"field", "number", "string"} or text in _HARMLESS_SIGNS:
            return 0
        raise _UnboundedError

    def _word(self, word: str) -> int:
        self._factor *= _GROWTH.get(word, 1)
        if word in _ELEMENTWISE:
            return max(1, self._arguments(word))
        if word not in _POWER:
            raise _UnboundedError
        return _POWER[word] + self._arguments(word)

    def _arguments(self, word: str) -> int:
        if self._peek() != "(":
            return 0
        self._next()
        begin = self._at
        power = self._pipe(")")
        inside = [token.text for token in self._tokens[begin : self._at]]
        if word in _OF_ONE_ARGUMENT and ";" in inside:
            raise _UnboundedError
        return power
