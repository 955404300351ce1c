"""A YAML file: its data at once, the positions of its nodes only when a mistake wants one.

Loading keeps no positions, because libyaml's loader is ten times faster without them; the file
is composed a second time when the first position is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from agentrig.errors import Mistake, Position, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Location", "Source"]

# libyaml's loader where PyYAML has it: every wheel does, a build from source may not.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Location: TypeAlias = "Sequence[str | int]"


class Source:
    """The text of a YAML file. Raises ScenarioError when it cannot be read or is no YAML."""

    def __init__(self, path: str, text: str) -> None:
        """Keep `text`; `path` is how messages name the file."""
        self.path = path
        self._lines = text.splitlines() or [""]
        self._text = text
        self._root: yaml.Node | None = None

    @classmethod
    def read(cls, file: Path, *, path: str | None = None) -> Source:
        """Read `file` as UTF-8."""
        shown = path or str(file)
        try:
            return cls(shown, file.read_bytes().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            at = Position(path=shown, line=1, column=1, length=1, text="")
            message = f"the file is not UTF-8: byte {error.start} cannot be decoded"
            raise ScenarioError((Mistake(message=message, at=at),)) from error
        except OSError as error:
            at = Position(path=shown, line=1, column=1, length=1, text="")
            message = f"the file cannot be read: {error.strerror}"
            raise ScenarioError((Mistake(message=message, at=at),)) from error

    def parse(self) -> Any:
        """Load the YAML document as plain data."""
        try:
            return yaml.load(self._text, Loader=_StrictLoader)  # noqa: S506  # a subclass of the safe loader
        except _DuplicateKeyError as error:
            mark, first = error.mark, error.first.line + 1
            raise self._fault(
                f"key '{error.key}' stands twice in one mapping",
                self._span(mark.line, mark.column, len(str(error.key))),
                f"first in line {first}; only one can hold",
            ) from error
        except _DateError as error:
            mark = error.mark
            raise self._fault(
                "an unquoted date can never equal a JSON value",
                self._span(mark.line, mark.column, len(error.value)),
                f"quote it: '{error.value}'",
            ) from error
        except yaml.MarkedYAMLError as error:
            raise self._syntax_fault(error) from error
        except yaml.reader.ReaderError as error:
            line = self._text.count("\n", 0, error.position)
            column = error.position - (self._text.rfind("\n", 0, error.position) + 1)
            raise self._fault(
                f"character #x{error.character:04x} is not allowed in YAML"
                if isinstance(error.character, int)
                else "a character here is not allowed in YAML",
                self._span(line, column, 1),
            ) from error
        except RecursionError as error:
            raise self._fault("the document is nested too deeply", self._span(0, 0, 1)) from error

    def locate(self, location: Location, *, key: bool = False) -> Position:
        """Find the value at `location`, or with `key` the key that names it.

        A location that the file does not reach gives the nearest node above it.
        """
        if self._root is None:
            self._root = yaml.compose(self._text, Loader=_Loader)
        node, key_node = self._root, None
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            key_node, node = found
        wanted = key_node if key and key_node is not None else node
        return self._node_position(wanted)

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
        visible = len(text.rstrip()) - column
        return Position(
            path=self.path,
            line=line + 1,
            column=column + 1,
            length=max(1, min(length, visible)),
            text=text,
        )

    def _fault(self, message: str, at: Position, hint: str | None = None) -> ScenarioError:
        return ScenarioError((Mistake(message=message, at=at, hint=hint),))

    def _syntax_fault(self, error: yaml.MarkedYAMLError) -> ScenarioError:
        mark = error.problem_mark or error.context_mark
        at = self._span(mark.line, mark.column, 1) if mark else self._span(0, 0, 1)
        problem = (error.problem or "it cannot be parsed").rstrip(".")
        context = f" ({error.context})" if error.context else ""
        return self._fault(f"not valid YAML: {problem}{context}", at, _syntax_hint(self._lines, at))


class _DuplicateKeyError(yaml.MarkedYAMLError):
    def __init__(self, key: object, first: yaml.Mark, second: yaml.Mark) -> None:
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
        merged = any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value) and not merged:
            seen: dict[Any, yaml.Mark] = {}
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    raise _DuplicateKeyError(key, seen[key], key_node.start_mark)
                seen[key] = key_node.start_mark
        return mapping

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> None:
        raise _DateError(node.value, node.start_mark)


_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _StrictLoader.construct_yaml_timestamp)


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Find the key node (None in a sequence) and the value node of one part of a location."""
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == str(part):
                return key_node, value_node
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def _syntax_hint(lines: list[str], at: Position) -> str | None:
    line = lines[at.line - 1]
    if line[: len(line) - len(line.lstrip())].count("\t"):
        return "indent with spaces: YAML takes no tabs"
    if line.lstrip().startswith(("%", "@", "`")):
        return "quote the value"
    return None
