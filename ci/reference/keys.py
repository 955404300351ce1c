"""Tables of keys, from the JSON Schema that the models give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = ["KeyTables", "table"]

Schema = dict[str, Any]

_LINKS = {
    "Check": "[check](#checks)",
    "Matchers": "[matchers](#matchers)",
    "Capture": "[subject](#subjects)",
    "AnyStep": "[step](#steps)",
}
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
    "null": "null",
}

_SCALAR = ["string", "number", "boolean"]


def table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table of Markdown."""
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


class KeyTables:
    """Writes the keys of models, and below them those of the models that they hold, once each."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        """Keep the definitions of a schema."""
        self._definitions = definitions
        self._titles: dict[str, str] = {}

    def keys(self, model: str) -> dict[str, Schema]:
        """Give the keys of a model with their schemas."""
        properties: dict[str, Schema] = self._definitions[model]["properties"]
        return properties

    def sections(
        self,
        model: str,
        *,
        keys: Collection[str] | None = None,
        kind: str = "",
        path: str = "",
        level: int = 4,
    ) -> Iterator[str]:
        """Write a model's table, and then a section for each model that it refers to.

        `keys` are those to write, `path` is where the model stands. What stands below a kind's
        own key belongs to the section of the kind.
        """
        schema = self._definitions[model]
        chosen = [key for key in schema["properties"] if keys is None or key in keys]
        nested = []
        for key in chosen:
            for name in _references(schema["properties"][key]):
                if name not in _LINKS and name not in self._titles and name != "Expression":
                    title = kind
                    if path or key != kind:
                        title = f"`{path}{key}`" + (f" ({kind})" if _is_shared(path, key) else "")
                    self._titles[name] = title
                    nested.append((name, key, title))
        required = schema.get("required", [])
        yield table(
            ("key", "value", "meaning"),
            [
                (f"`{key}`", self._value(one, is_required=key in required), _about(one))
                for key in chosen
                for one in [schema["properties"][key]]
            ],
        )
        for name, key, title in sorted(nested, key=lambda one: one[2] != kind):
            about = self._definitions[name].get("description", "")
            if title == kind:
                yield f"\nBelow `{kind}`: {about[:1].lower()}{about[1:]}\n\n"
            else:
                yield f"\n{'#' * level} {title}\n\n{about}\n\n"
            below = level if title == kind else min(level + 1, 6)
            yield from self.sections(name, kind=kind, path=f"{path}{key}.", level=below)

    def _value(self, schema: Schema, *, is_required: bool) -> str:
        text = self._type(schema)
        default = schema.get("default")
        if is_required:
            return f"{text}; required"
        if default in (None, [], {}, ""):
            return text
        return f"{text}; default `{json.dumps(default)}`"

    def _type(self, schema: Schema) -> str:
        if "$ref" in schema:
            return self._link(schema["$ref"].rpartition("/")[2])
        for word in ("anyOf", "allOf", "oneOf"):
            if word in schema:
                parts = [self._type(one) for one in schema[word] if not _is_expression(one)]
                return " or ".join(dict.fromkeys(parts))
        kinds = schema.get("type")
        if "const" in schema or "enum" in schema:
            values = [f"`{_word(one)}`" for one in schema.get("enum", [schema.get("const")])]
            return "one of " * (len(values) > 1) + ", ".join(values)
        if isinstance(kinds, list):
            return "scalar" if kinds == _SCALAR else " or ".join(map(_TYPES.__getitem__, kinds))
        return self._plain(kinds, schema) if kinds else "any value"

    def _plain(self, kind: str, schema: Schema) -> str:
        if kind == "string" and schema.get("pattern", "").endswith("(ms|s|m|h|d)$"):
            return "[duration](#durations-and-sizes)"
        if kind == "string" and "KiB" in schema.get("pattern", ""):
            return "[size](#durations-and-sizes)"
        if kind == "array" and schema.get("items"):
            return f"list of {self._type(schema['items'])}"
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            inner = schema["additionalProperties"]
            return f"mapping to {self._type(inner)}" if inner else "mapping"
        low, high = schema.get("minimum"), schema.get("maximum")
        bounds = "" if low is None else f" from {low}"
        bounds += "" if high is None else f" to {high}"
        return _TYPES[kind] + bounds

    def _link(self, name: str) -> str:
        if name in _LINKS:
            return _LINKS[name]
        title = self._titles[name]
        return f"[{title.rpartition('.')[2].partition(' ')[0].strip('`')}](#{_anchor(title)})"


def _anchor(title: str) -> str:
    """Name a heading as GitHub does."""
    return "".join(one for one in title.lower().replace(" ", "-") if one.isalnum() or one in "-_")


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _about(schema: Schema) -> str:
    about: str = schema.get("description", "")
    return about


def _is_shared(path: str, key: str) -> bool:
    """Tell whether several kinds have a key of this name, each its own."""
    return "expect" in {key, path.partition(".")[0]}


def _is_expression(schema: Schema) -> bool:
    return bool(schema.get("$ref", "").endswith("/Expression"))


def _references(schema: Any) -> Iterator[str]:
    """List the definitions that a schema refers to, in order."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for part in schema.values():
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)
