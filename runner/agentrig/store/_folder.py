"""A store in a folder, such as a volume that many pods mount."""

from __future__ import annotations

import datetime as dt
import errno
import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from agentrig.errors import NotStoredError, StoreError
from agentrig.store._store import MEDIA_TYPE, Stored, check_key, open_unlinked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["FolderStore"]

# What is being written, beside where it will be; a writer that was killed leaves it behind.
_UNFINISHED = ".agentrig-"
# What file systems without hard links answer, such as some of SMB and FUSE.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
_CHUNK_BYTES = 1024 * 1024
# To ask again helps with none of these.
_LASTING = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG}


class FolderStore:
    """Keeps objects as files below `folder`, which is made when something is put there."""

    def __init__(self, folder: Path) -> None:
        """Open a store; nothing is looked at yet."""
        # A test may change the working directory.
        self._folder = folder.absolute()
        self.url = str(folder)

    def create(self, key: str, content: bytes) -> bool:
        """Write a file beside its place, and link it there, which one can do alone."""
        file = self._file(key)
        unfinished = file.with_name(_UNFINISHED + secrets.token_hex(8))
        with self._telling_trouble(f"write '{key}'"):
            if os.path.lexists(file):
                return False
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with unfinished.open("xb") as output:
                    output.write(content)
                    _sync(output)
                return _linked(unfinished, file)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                return _made(file, content)
            finally:
                with suppress(OSError):
                    unfinished.unlink()

    def put(
        self,
        key: str,
        content: bytes,
        *,
        media_type: str = MEDIA_TYPE,  # noqa: ARG002  # files have none
    ) -> None:
        """Write a file beside its place, and move it there."""
        self._put(key, lambda output: output.write(content))

    def put_file(
        self,
        key: str,
        file: Path,
        *,
        media_type: str = MEDIA_TYPE,  # noqa: ARG002  # files have none
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Copy a file beside its place, and move it there."""

        def write(output: BinaryIO) -> None:
            while chunk := source.read(_CHUNK_BYTES):
                output.write(chunk)
                if on_progress:
                    on_progress(len(chunk))

        with open_unlinked(file) as source:
            self._put(key, write)

    def _put(self, key: str, write: Callable[[BinaryIO], object]) -> None:
        file = self._file(key)
        unfinished = file.with_name(_UNFINISHED + secrets.token_hex(8))
        with self._telling_trouble(f"write '{key}'"):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with unfinished.open("xb") as output:
                    write(output)
                    _sync(output)
                unfinished.replace(file)
            except BaseException:
                with suppress(OSError):
                    unfinished.unlink()
                raise

    def get(self, key: str) -> bytes:
        """Read a file."""
        file = self._file(key)
        with self._telling_trouble(f"read '{key}'"):
            try:
                return file.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise NotStoredError(f"store {self.url} has no '{key}'", lasting=True) from error

    def list(self, prefix: str) -> Iterator[Stored]:
        """Walk the folder in which all keys of the prefix are; links are not followed."""
        found: list[Stored] = []
        with self._telling_trouble(f"list '{prefix}'"):
            for folder, _, names in os.walk(self._folder_of(prefix), onerror=_raise):
                for name in names:
                    file = os.path.join(folder, name)  # noqa: PTH118  # 4 times as quick
                    key = os.path.relpath(file, self._folder).replace(os.sep, "/")
                    if name.startswith(_UNFINISHED) or not key.startswith(prefix):
                        continue
                    # It may be replaced, or deleted by who clears the store, at this moment.
                    with suppress(FileNotFoundError):
                        status = os.lstat(file)
                        modified = dt.datetime.fromtimestamp(status.st_mtime, dt.UTC)
                        found.append(Stored(key=key, size=status.st_size, modified=modified))
        yield from sorted(found, key=lambda one: one.key)

    def folders(self, prefix: str) -> Iterator[str]:
        """Name the folders in a folder."""
        with self._telling_trouble(f"list '{prefix}'"):
            try:
                with os.scandir(self._folder_of(prefix)) as entries:
                    names = [one.name for one in entries if one.is_dir(follow_symlinks=False)]
            except FileNotFoundError:
                return
        yield from names

    def _file(self, key: str) -> Path:
        return self._folder.joinpath(*check_key(key).split("/"))

    def _folder_of(self, prefix: str) -> Path:
        above = prefix.rpartition("/")[0]
        return self._file(above) if above else self._folder

    @contextmanager
    def _telling_trouble(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or type(error).__name__
            message = f"cannot {what} in store {self.url}: {why}"
            raise StoreError(message, lasting=error.errno in _LASTING) from error


def _linked(unfinished: Path, file: Path) -> bool:
    try:
        os.link(unfinished, file)
    except FileExistsError:
        # NFS: a request that is sent again, as its answer was lost, finds its own link.
        return unfinished.stat().st_nlink > 1
    return True


def _made(file: Path, content: bytes) -> bool:
    """Make a file in its place; who looks at the wrong moment finds a part of it."""
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    try:
        with os.fdopen(fd, "wb") as output:
            output.write(content)
            _sync(output)
    except OSError:
        with suppress(OSError):
            file.unlink()
        raise
    return True


def _sync(output: BinaryIO) -> None:
    # A volume tells of a full disk, and of a server that is away, no earlier than here.
    output.flush()
    os.fsync(output.fileno())


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
