"""Rows of data from files, and the combinations of a matrix."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import TYPE_CHECKING, Any

from agentrig.documents import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["combinations", "read_rows", "row_label"]

# What a row is called in an item's name, if it has such a column.
_LABELS = ("id", "name")
LABEL_CHARACTERS = 40


def read_rows(file: Path, *, path: str) -> list[dict[str, Any]]:
    """Read the rows of a CSV (values are text), JSON, JSONL or YAML file; `path` names it.

    Raises ScenarioError that points into the file.
    """
    source = Source.read(file, path=path)
    match file.suffix.lower():
        case ".csv":
            return _csv_rows(source)
        case ".json":
            return _mappings(_json(source, source.text, 0), source)
        case ".jsonl" | ".ndjson":
            lines = enumerate(source.text.split("\n"))
            return _mappings(
                [_json(source, line, number) for number, line in lines if line.strip()], source
            )
        case ".yaml" | ".yml":
            return _mappings(source.parse(), source)
    raise source.fault(
        f"rows are read from .csv, .json, .jsonl and .yaml files, not from '{file.name}'"
    )


def combinations(
    values: Mapping[str, Sequence[Any]],
    *,
    include: Sequence[Mapping[str, Any]] = (),
    exclude: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Combine values as the matrix of GitHub Actions does.

    What `exclude` matches is left out. An entry of `include` completes each combination whose
    own values it does not change; where it can complete none, it is a combination of its own.
    """
    made = [
        dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())
    ]
    if not values:
        made = []
    made = [one for one in made if not any(_matches(one, entry) for entry in exclude)]
    completed = [dict(one) for one in made]
    added: list[dict[str, Any]] = []
    for entry in include:
        own = {name: value for name, value in entry.items() if name in values}
        fitting = [full for one, full in zip(made, completed, strict=True) if _matches(one, own)]
        for full in fitting:
            full.update(entry)
        if not fitting:
            added.append(dict(entry))
    return completed + added


def row_label(row: Mapping[str, Any], number: int) -> str:
    """Name a row by its `id` or `name`, else by its number, which counts from 1."""
    for key in _LABELS:
        if isinstance(row.get(key), str | int) and str(row[key]).strip():
            return str(row[key]).strip()[:LABEL_CHARACTERS]
    return str(number)


def _matches(one: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    return all(name in one and one[name] == value for name, value in entry.items())


def _csv_rows(source: Source) -> list[dict[str, Any]]:
    # The reader's own line breaks: a quoted value may hold some.
    reader = csv.reader(io.StringIO(source.text, newline=""), strict=True)
    rows: list[dict[str, Any]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, source)
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                message = f"{len(values)} values in a row of {len(header)} columns"
                raise source.fault(message, line=reader.line_num - 1)
            rows.append(dict(zip(header, values, strict=True)))
    except csv.Error as error:
        raise source.fault(f"the file is no CSV: {error}", line=reader.line_num - 1) from error
    return _some(rows, source)


def _check_header(header: Sequence[str], source: Source) -> None:
    if not any(header):
        raise source.fault("the first line must name the columns")
    for name in header:
        if not name or header.count(name) > 1:
            problem = f"stands {header.count(name)} times" if name else "has no name"
            raise source.fault(f"a column {problem}: '{name}'")


def _json(source: Source, text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        at = getattr(error, "lineno", 1) - 1 + line
        raise source.fault(f"no JSON: {getattr(error, 'msg', error)}", line=at) from error


def _mappings(rows: Any, source: Source) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise source.fault("the file must hold a list of mappings, one per row")
    return _some(rows, source)


def _some(rows: list[dict[str, Any]], source: Source) -> list[dict[str, Any]]:
    if not rows:
        raise source.fault("the file has no rows: no item would be made of it")
    return rows
