"""The fixture `save_artifact`: files that a test leaves behind, beside the reports."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from agentrig.errors import ReportError
from agentrig.events import ArtifactSaved
from agentrig.reporters import ARTIFACTS_FOLDER, mark_artifacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.stream import EventStream

__all__ = ["MAX_BYTES", "MAX_TOTAL_BYTES", "ArtifactFolder", "SaveArtifact"]

MAX_BYTES = 32 * 1024 * 1024
"""Most that one artifact may hold."""
# The chart's pods are evicted where their results hold more than 256 MiB.
MAX_TOTAL_BYTES = 128 * 1024 * 1024
"""Most that those of one run may hold together."""

_CHUNK = 1024 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)
_NAME_LENGTH = 100
_TEXT = "text/plain; charset=utf-8"
_ANYTHING = "application/octet-stream"


class ArtifactFolder:
    """The artifacts of a run. Safe for threads."""

    def __init__(
        self,
        results: Path,
        *,
        most_bytes: int = MAX_BYTES,
        most_of_all: int = MAX_TOTAL_BYTES,
    ) -> None:
        """Keep files below the folder `results`, so many bytes of each and of all at most."""
        self.results = results
        self._most_bytes = most_bytes
        self._left = most_of_all
        self._most_of_all = most_of_all
        self._lock = threading.Lock()

    def save(self, test: str, name: str, content: bytes | Path) -> tuple[Path, int]:
        """Write a file of a new name; give it, and its size in bytes.

        Raises ValueError for one that is too large, ReportError where it cannot be written.
        """
        try:
            folder = self.results / ARTIFACTS_FOLDER / _folder_name(test)
            mark_artifacts(self.results)
            folder.mkdir(parents=True, exist_ok=True)
            file = _claimed(folder, _file_name(name))
        except OSError as error:
            raise _unwritable(name, error) from error
        size = 0
        try:
            with file.open("wb") as output:
                for chunk in _chunks(content):
                    size += len(chunk)
                    self._take(name, len(chunk), size)
                    output.write(chunk)
        except BaseException as error:
            file.unlink(missing_ok=True)
            with self._lock:
                self._left += size
            if isinstance(error, OSError):
                raise _unwritable(name, error) from error
            raise
        return file, size

    def _take(self, name: str, chunk: int, size: int) -> None:
        with self._lock:
            self._left -= chunk
            is_full = self._left < 0
        if size > self._most_bytes:
            raise ValueError(
                f"save_artifact: '{name}' holds more than {self._most_bytes:,} bytes, the most of "
                "one artifact: save what matters of it"
            )
        if is_full:
            raise ValueError(
                f"save_artifact: with '{name}' the artifacts of this run hold more than "
                f"{self._most_of_all:,} bytes: save fewer, such as those of failures alone"
            )


class SaveArtifact:
    """Saves a file of a test: `save_artifact("page.html", html)`. Safe for threads."""

    def __init__(
        self, stream: EventStream, test: str, folder: ArtifactFolder, *, told: bool
    ) -> None:
        """Save for `test`; `told` says whether reports hear of it, to which the folder belongs."""
        self._stream = stream
        self._test = test
        self._folder = folder
        self._told = told

    def __call__(
        self, name: str, content: bytes | str | Path, media_type: str | None = None
    ) -> Path:
        """Save text, bytes or a copy of a file under `name`, and give the path of what was written.

        Characters that no file name should have are replaced, and a name that is taken gets a
        number. Secrets are hidden in text, and not in bytes and files. Raises TypeError or
        ValueError for what cannot be saved, ReportError where the disk refuses.
        """
        if not isinstance(name, str) or not isinstance(content, bytes | str | Path):
            raise TypeError(
                "save_artifact(name, content, media_type=None): name is text, content is text, "
                "bytes or a Path"
            )
        if not name.strip():
            raise ValueError("save_artifact: the name is empty")
        if media_type is not None and not _MEDIA_TYPE.fullmatch(media_type):
            raise ValueError(f"save_artifact: '{media_type}' is no media type, such as image/png")
        if isinstance(content, Path) and not content.is_file():
            raise ValueError(f"save_artifact: '{content}' is no file")
        kind = media_type or _guessed(name, is_text=isinstance(content, str))
        if isinstance(content, str):
            content = self._stream.secrets.hide(content).encode("utf-8", "replace")
        file, size = self._folder.save(self._test, name, content)
        if self._told:
            path = file.relative_to(self._folder.results).as_posix()
            self._stream.publish(
                ArtifactSaved(scenario=self._test, name=name, path=path, media_type=kind, size=size)
            )
        return file


def _folder_name(test: str) -> str:
    """Name a test's folder as people can read it, and no two tests alike."""
    readable = _UNSAFE.sub("-", test).strip("-.")[-80:]
    digest = hashlib.sha256(test.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{readable}-{digest}"


def _file_name(name: str) -> str:
    plain = _UNSAFE.sub("_", name).lstrip(".") or "artifact"
    stem, dot, suffix = plain.rpartition(".")
    if not stem or len(suffix) > _NAME_LENGTH // 2:
        return plain[:_NAME_LENGTH]
    return f"{stem[: _NAME_LENGTH - len(suffix) - 1]}{dot}{suffix}"


def _claimed(folder: Path, name: str) -> Path:
    """Make an empty file whose name nobody has: of `a.txt`, else of `a-2.txt` and so on."""
    file = folder / name
    number = 1
    while True:
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            number += 1
            file = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
        else:
            return file


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, Path):
        with content.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    else:
        for at in range(0, len(content), _CHUNK):
            yield content[at : at + _CHUNK]


def _guessed(name: str, *, is_text: bool) -> str:
    guessed, encoding = mimetypes.guess_type(name)
    if encoding or not guessed:
        return _TEXT if is_text else _ANYTHING
    return f"{guessed}; charset=utf-8" if is_text and guessed.startswith("text/") else guessed


def _unwritable(name: str, error: OSError) -> ReportError:
    return ReportError(f"save_artifact: cannot write '{name}': {error.strerror}")
