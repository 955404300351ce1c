"""Which files hold scenarios."""

from __future__ import annotations

import os
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CONFIG_FILE", "find_scenario_files", "is_scenario_file"]

CONFIG_FILE = "agentrig.yaml"

_SUFFIXES = (".yaml", ".yml")
_NO_SCENARIO = tuple(f".{what}{suffix}" for what in ("data", "manifest") for suffix in _SUFFIXES)

# The default of pytest's `norecursedirs`: folders that `run` does not look into.
_NOT_SEARCHED = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv")


def is_scenario_file(name: str) -> bool:
    """Tell by a file's name, without its folder, whether it holds scenarios.

    All YAML files do but `agentrig.yaml`, which configures, `NAME.data.yaml`, which has rows, and
    `NAME.manifest.yaml`, which has Kubernetes objects.
    """
    return name.endswith(_SUFFIXES) and name != CONFIG_FILE and not name.endswith(_NO_SCENARIO)


def find_scenario_files(paths: Iterable[Path]) -> Iterator[Path]:
    """List the files that `run` collects from `paths`, in its order: by name, folder by folder.

    A file that is a path itself is taken whatever its name. Links to folders are not followed.
    """
    for path in paths:
        if path.is_dir():
            yield from map(Path, _files_below(path))
        elif path.is_file():
            yield path


def _files_below(folder: str | os.PathLike[str]) -> Iterator[str]:
    with suppress(OSError):  # as of a folder that may not be read: pytest says so
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not any(fnmatchcase(entry.name, pattern) for pattern in _NOT_SEARCHED):
                    yield from _files_below(entry.path)
            elif is_scenario_file(entry.name) and entry.is_file():
                yield entry.path
