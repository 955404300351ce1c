"""Scenario files of this machine, handed to the chart as its inline scenarios."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["LocalScenario", "read_local_scenarios", "write_inline_values"]

# A ConfigMap and a Helm release end at 1 MiB; their other parts need the rest.
MAX_BYTES = 1_000_000
# The keys of a ConfigMap, and what the runner finds by its suffix.
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")
_ELSEWHERE = (
    "keep the scenarios in an image built FROM agentrig, a ConfigMap, a volume, a bucket or git: "
    "see 'scenarios' in the chart's values"
)


class LocalScenario(Struct, frozen=True, kw_only=True):
    """One file: its name in the pod, its text, and where it lies here."""

    name: str
    text: str
    place: str


def read_local_scenarios(paths: Sequence[Path]) -> list[LocalScenario]:
    """Read files, and all files of folders.

    Hidden files are left out. Raises UsageError for what a ConfigMap cannot hold.
    """
    places: dict[str, Path] = {}
    for file in (file for path in paths for file in _files(path)):
        other = places.setdefault(file.name, file)
        if other != file:
            raise UsageError(
                f"'{other}' and '{file}' have one name, and inline scenarios lie in one folder: "
                f"rename one of them, or {_ELSEWHERE}"
            )
    if not places:
        shown = ", ".join(f"'{path}'" for path in paths)
        raise UsageError(f"no file is in {shown}")
    found = [
        LocalScenario(name=name, text=_text(file), place=str(file)) for name, file in places.items()
    ]
    size = sum(len(one.name) + len(one.text.encode()) for one in found)
    if size > MAX_BYTES:
        raise UsageError(
            f"the files of --scenarios hold {size} bytes, and a ConfigMap and a "
            f"Helm release end at 1 MiB: {_ELSEWHERE}"
        )
    return found


def write_inline_values(scenarios: dict[str, str], file: Path) -> Path:
    """Write a values file of the chart that holds these scenarios."""
    # JSON is YAML, and helm reads it.
    file.write_text(json.dumps({"scenarios": {"inline": scenarios}}), encoding="utf-8")
    return file


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for one in sorted(path.iterdir()):
        if one.name.startswith(".") or one.name == "__pycache__":
            continue
        if one.is_dir():
            raise UsageError(
                f"'{one}' is a folder, and inline scenarios lie in one: name the files of one "
                f"folder, or {_ELSEWHERE}"
            )
        yield one


def _text(file: Path) -> str:
    if not _FILE_NAME.fullmatch(file.name) or not file.suffix:
        raise UsageError(
            f"'{file}': '{file.name}' is no name for an inline scenario: use letters, digits, "
            "'.', '_' and '-', and a suffix such as .yaml"
        )
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise UsageError(f"cannot read '{file}': {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"'{file}' is no text in UTF-8, and a ConfigMap's values hold nothing else: "
            f"{_ELSEWHERE}"
        ) from error
