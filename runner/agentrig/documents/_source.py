"""A YAML file: its data at once, the positions of its nodes only when a mistake wants one.

Loading keeps no positions, which would hold every node of every file in memory; the file is
composed a second time when the first position is asked for, in half the time that loading took.
"""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import yaml
from msgspec import Struct

from agentrig.documents._nodes import MERGE, child_of, place_in, scalars_below
from agentrig.documents._plain_yaml import MAX_DEPTH, NotPlainError, PlainDocument, load_plain
from agentrig.documents._yaml_syntax import explain
from agentrig.errors import Mistake, Position, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Document", "Location", "Parsed", "Source"]

# libyaml's loader where PyYAML has it: every wheel does, a build from source may not.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Location: TypeAlias = "Sequence[str | int]"

# A few lines of aliases of aliases stand for billions of values, which a walk would never end.
MAX_EXPANDED = 1_000_000
# A block this deep is indented this far; `- - -` and `? ?` nest within a line.
_DEEP_BLOCK = re.compile(rf"^[ ?:-]{{{MAX_DEPTH}}}", re.MULTILINE)

# YAML's line breaks (1.1, 5.4); str.splitlines knows more.
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Parsed(NamedTuple):
    """What was found in a plain file: its text packed, whether that has `${`, its documents."""

    packed: bytes
    is_templated: bool
    documents: list[PlainDocument]


class Source:
    """The text of a YAML file. Raises ScenarioError when it cannot be read or is no YAML."""

    def __init__(self, path: str, text: str) -> None:
        """Keep `text`; `path` is how messages name the file."""
        self.path = path
        self._known: list[PlainDocument] | None = None
        self.is_templated = "${" in text
        self._text: str | None = text
        self._packed = b""
        self._roots: list[yaml.Node | None] = []
        self._documents: list[Document] | None = None

    @property
    def lines(self) -> Sequence[str]:
        """The lines of the text, as YAML breaks them."""
        return self._lines

    @classmethod
    def read(cls, file: Path, *, path: str | None = None) -> Source:
        """Read `file` as UTF-8."""
        shown = path or str(file)
        nowhere = Position(path=shown, line=1, column=1, length=1, text="")
        try:
            data = file.read_bytes()
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            raise ScenarioError((Mistake(message=message, at=nowhere),)) from error
        try:
            return cls(shown, data.decode().lstrip("\ufeff"))
        except UnicodeDecodeError as error:
            before = cls(shown, data[: error.start].decode("utf-8", errors="replace") + "\ufffd")
            last = len(before._lines) - 1
            raise before._fault(
                f"the file is not UTF-8: byte {error.start} cannot be decoded",
                before._span(last, len(before._lines[last]) - 1, 1),
                "save it as UTF-8",
            ) from error

    @classmethod
    def of_parsed(cls, path: str, parsed: Parsed) -> Source:
        """Make the source again of what another process found in a file, by `parsed`."""
        source = cls(path, "")
        source._text, source._packed = None, parsed.packed
        source.is_templated = parsed.is_templated
        source._known = parsed.documents
        return source

    def parsed(self) -> Parsed:
        """Give what is in the file. Raises NotPlainError where that cannot be read fast."""
        return Parsed(_pack(self.text), self.is_templated, load_plain(self.text))

    @property
    def text(self) -> str:
        """The text of the file, less a byte order mark."""
        if self._text is None:
            return zlib.decompress(self._packed).decode()
        return self._text

    @functools.cached_property
    def _lines(self) -> list[str]:
        lines = _LINE_BREAK.split(self.text)
        if len(lines) > 1 and not lines[-1]:
            lines.pop()
        return lines

    def pack(self) -> None:
        """Keep what may be wanted of a good file: definitions, and its text, packed, for mistakes.

        6 kB become 0.6; the file itself may have changed when a check fails. The data of its
        scenarios is forgotten: whoever needs some of it has kept it.
        """
        if self._text is not None:
            self._packed = _pack(self._text)
            self._text = None
        self._roots = []
        self._known = None
        self.__dict__.pop("_lines", None)
        for document in self._documents or ():
            if not document.is_definition:
                document.data = None

    def parse(self) -> Any:
        """Load the one YAML document as plain data."""
        plain = self._plain()
        if plain is not None and len(plain) <= 1:
            return plain[0].data if plain else None
        return self._loaded(lambda text: yaml.load(text, Loader=_StrictLoader))  # noqa: S506  # a subclass of the safe loader

    def documents(self) -> list[Document]:
        """Load every YAML document, once; those without anything in them are left out but for a sole one."""
        if self._documents is None:
            found = [one for one in self._all_documents() if one.data is not None]
            self._documents = found or [Document(self, 0, None)]
        return self._documents

    def _all_documents(self) -> list[Document]:
        if (plain := self._plain()) is not None:
            return [Document(self, at, one.data, one.line) for at, one in enumerate(plain)]
        loaded = self._loaded(
            lambda text: list(yaml.load_all(text, Loader=_StrictLoader))
        )  # as above
        return [Document(self, at, data) for at, data in enumerate(loaded)]

    def _plain(self) -> list[PlainDocument] | None:
        """Read the file fast, if it is of the plain kind and without mistakes."""
        if self._known is not None:
            return self._known
        try:
            return load_plain(self.text)
        except NotPlainError:
            return None

    def _loaded(self, load: Callable[[str], Any]) -> Any:
        try:
            self._refuse_depth()
            data = load(self.text)
        except _DuplicateKeyError as error:
            mark, first = error.mark, error.first.line + 1
            raise self._fault(
                f"key '{error.key}' stands twice in one mapping",
                self._span(mark.line, mark.column, len(error.key)),
                f"first in line {first}; only one can hold",
            ) from error
        except _DateError as error:
            mark = error.mark
            raise self._fault(
                "YAML reads this as a date, which JSON does not have",
                self._span(mark.line, mark.column, len(error.value)),
                f"quote it: '{error.value}'",
            ) from error
        except yaml.MarkedYAMLError as error:
            fault = explain(error, self._lines)
            at = self._span(fault.line, fault.column, fault.length)
            raise self._fault(fault.message, at, fault.hint) from error
        except yaml.reader.ReaderError as error:
            raise self._character_fault(error) from error
        except (ValueError, KeyError) as error:
            raise self._value_fault() from error
        if "*" in self.text and "&" in self.text and _expanded(data, {}) > MAX_EXPANDED:
            message = f"the aliases of the file stand for more than {MAX_EXPANDED:,} values"
            raise self.fault(message)
        return data

    def locate(self, location: Location, *, key: bool = False, document: int = 0) -> Position:
        """Find the value at `location`, or with `key` the key that names it.

        A location that the file does not reach gives the nearest node above it. `document`
        counts from 0.
        """
        key_node, node = self._find(location, document)
        return self._node_position(key_node if key and key_node is not None else node)

    def locate_text(
        self, location: Location, offset: int, length: int, *, document: int = 0
    ) -> Position:
        """Find `length` characters from `offset` of the text at `location`.

        Gives the whole value where text and file do not line up: where YAML folds lines.
        """
        _, node = self._find(location, document)
        place = place_in(node, offset, self._lines) if isinstance(node, yaml.ScalarNode) else None
        return self._span(*place, length) if place else self._node_position(node)

    def fault(self, message: str, *, line: int = 0, hint: str | None = None) -> ScenarioError:
        """Make the error of a whole line, which counts from 0."""
        return self._fault(message, self._span(line, 0, len(self._lines[0]) + 999), hint)

    def _find(self, location: Location, document: int) -> tuple[yaml.Node | None, yaml.Node | None]:
        if not self._roots:
            self._roots = list(yaml.compose_all(self.text, Loader=_Loader)) or [None]
        node = self._roots[min(document, len(self._roots) - 1)]
        key_node = None
        for part in location:
            found = child_of(node, part)
            if found is None:
                break
            key_node, node = found
        return key_node, node

    def _node_position(self, node: yaml.Node | None) -> Position:
        if node is None:
            return self._span(0, 0, 1)
        start, end = node.start_mark, node.end_mark
        if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
            # A block mapping is best shown by its first key.
            end = node.value[0][0].end_mark
        length = end.column - start.column if end.line == start.line else len(self._lines[0]) + 999
        return self._span(start.line, start.column, length)

    def _span(self, line: int, column: int, length: int) -> Position:
        """Make a position of zero-based `line` and `column`, kept within the text."""
        line = min(line, len(self._lines) - 1)
        text = self._lines[line]
        column = min(column, len(text))
        visible = len(text.rstrip(" \t")) - column
        return Position(
            path=self.path,
            line=line + 1,
            column=column + 1,
            length=max(1, min(length, visible)),
            text=text,
        )

    def _fault(self, message: str, at: Position, hint: str | None = None) -> ScenarioError:
        return ScenarioError((Mistake(message=message, at=at, hint=hint),))

    def _character_fault(self, error: yaml.reader.ReaderError) -> ScenarioError:
        # libyaml counts the bytes before the character, PyYAML's own reader the characters.
        before = self.text[: error.position]
        if _Loader is not yaml.SafeLoader:
            before = self.text.encode()[: error.position].decode(errors="ignore")
        lines = _LINE_BREAK.split(before)
        code = error.character if isinstance(error.character, int) else ord(error.character)
        return self._fault(
            f"character #x{code:04x} is not allowed in YAML",
            self._span(len(lines) - 1, len(lines[-1]), 1),
            "take it out, or escape it in double quotes",
        )

    def _value_fault(self) -> ScenarioError:
        """Find the scalar that its constructor broke on, e.g. `!!int x`."""
        roots = yaml.compose_all(self.text, Loader=_Loader)
        for node in itertools.chain.from_iterable(map(scalars_below, roots)):
            try:
                _StrictLoader("").construct_object(node)
            except yaml.YAMLError:
                continue  # `<<`, which stands for nothing alone
            except (ValueError, KeyError):
                kind = node.tag.rpartition(":")[2]
                return self._fault(
                    f"a value of {len(node.value)} characters cannot be read as {kind}"
                    if len(node.value) > MAX_DEPTH
                    else f"'{node.value}' cannot be read as {kind}",
                    self._node_position(node),
                    "quote it",
                )
        raise AssertionError("every scalar can be read")

    def _refuse_depth(self) -> None:
        brackets = self.text.count("[") + self.text.count("{")
        if brackets <= MAX_DEPTH and not _DEEP_BLOCK.search(self.text):
            return
        depth = 0
        for event in yaml.parse(self.text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH and (mark := event.start_mark):
                raise self._fault(
                    f"the document is nested more than {MAX_DEPTH} levels deep",
                    self._span(mark.line, mark.column, 1),
                )


class Document(Struct, eq=False):
    """One document of a file: its data, until the file is packed, and where its parts stand."""

    source: Source
    index: int
    data: Any
    _begins: int | None = None

    @property
    def is_definition(self) -> bool:
        """Tell whether it is no scenario, but steps for others."""
        return isinstance(self.data, dict) and "define" in self.data

    @property
    def line(self) -> int:
        """The line where it begins, from 1."""
        return self.locate(()).line if self._begins is None else self._begins + 1

    @property
    def path(self) -> str:
        """The file, as messages name it."""
        return self.source.path

    def locate(self, location: Location, *, key: bool = False) -> Position:
        """Find the value at `location`, or with `key` the key that names it."""
        return self.source.locate(location, key=key, document=self.index)

    def locate_text(self, location: Location, offset: int, length: int) -> Position:
        """Find `length` characters from `offset` of the text at `location`."""
        return self.source.locate_text(location, offset, length, document=self.index)


def _expanded(value: Any, sizes: dict[int, int]) -> int:
    """Count the values that `value` stands for, once its aliases are followed."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in sizes:
        sizes[id(value)] = 0  # an alias of what holds it is told by whoever cannot send it
        parts = value.values() if isinstance(value, dict) else value
        sizes[id(value)] = 1 + sum(_expanded(part, sizes) for part in parts)
    return sizes[id(value)]


class _DuplicateKeyError(yaml.MarkedYAMLError):
    def __init__(self, key: str, first: yaml.Mark, second: yaml.Mark) -> None:
        super().__init__(problem="duplicate key", problem_mark=second)
        self.key = key
        self.first = first
        self.mark = second


class _DateError(yaml.MarkedYAMLError):
    def __init__(self, value: str, mark: yaml.Mark) -> None:
        super().__init__(problem="unquoted date", problem_mark=mark)
        self.value = value
        self.mark = mark


class _StrictLoader(_Loader):  # type: ignore[misc, valid-type]  # the base is chosen at run time
    """YAML 1.1 as PyYAML's safe loader reads it, less what a scenario can never mean."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  # PyYAML's signature
        is_mapping = isinstance(node, yaml.MappingNode)  # `!!set [a]` is none: super refuses it
        merged = is_mapping and any(key.tag == MERGE for key, _ in node.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value) and not merged:
            seen: dict[Any, yaml.Mark] = {}
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    raise _DuplicateKeyError(key_node.value, seen[key], key_node.start_mark)
                seen[key] = key_node.start_mark
        return mapping

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> None:
        raise _DateError(node.value, node.start_mark)


_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _StrictLoader.construct_yaml_timestamp)


def _pack(text: str) -> bytes:
    return zlib.compress(text.encode(), 1)
