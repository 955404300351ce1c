"""The folder that is filled: nothing that is fetched leaves it."""

from __future__ import annotations

import os
import posixpath
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from agentrig.errors import InfraError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Folder"]

# An init container may be started once more, and finds what it had begun.
_MARK = ".agentrig-fetch"


class Folder:
    """Writes files below `root`, then links; names come from a server and are checked here."""

    def __init__(self, root: Path) -> None:
        """Make `root`, or empty it of an earlier fetch.

        Raises UsageError when it holds anything else.
        """
        self.root = root
        self._links: list[tuple[Path, str]] = []
        with _writing():
            root.mkdir(parents=True, exist_ok=True)
            here = list(root.iterdir())
            # A volume that is a file system of its own may begin with this one.
            here = [path for path in here if path.name != "lost+found"]
            if here and root / _MARK not in here:
                raise UsageError(f"'{root}' is not empty: name a folder that is, or a new one")
            for path in here:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            (root / _MARK).touch()

    def file(self, name: str) -> Path:
        """Give the path of a file that is to be written, its folders made.

        Raises UsageError for a name that leaves the folder, or stands there already.
        """
        path = self._path(name)
        with _writing():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                raise UsageError(f"'{name}' lies in what is a file as well") from None
        if path.exists() or path.is_symlink():
            raise UsageError(f"'{name}' is there twice, and names would differ by nothing")
        return path

    def write(self, name: str, content: Sequence[bytes], *, executable: bool = False) -> None:
        """Write one file. Raises as `file` does."""
        path = self.file(name)
        with _writing(), path.open("xb") as file:
            file.writelines(content)
            if executable:
                path.chmod(0o755)

    def link(self, name: str, target: str) -> None:
        """Note a symbolic link, for `finish` to make. Raises UsageError if it leads out."""
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if target.startswith("/") or place == ".." or place.startswith("../") or "\0" in target:
            raise UsageError(f"link '{name}' leads to '{target}', out of what is fetched")
        self._links.append((self._path(name), target))

    def finish(self) -> None:
        """Make the links: only now, so that no file was written through one."""
        with _writing():
            for path, target in self._links:
                if any(above.is_symlink() for above in path.parents if above != self.root):
                    raise UsageError(
                        f"'{path.relative_to(self.root)}' lies in what is a link as well"
                    )
                path.parent.mkdir(parents=True, exist_ok=True)
                path.symlink_to(target)
            root = self.root.resolve()
            for path, target in self._links:
                # Each stays inside by its own words, and may leave by way of another.
                if not Path(os.path.realpath(path)).is_relative_to(root):
                    path.unlink()
                    name = path.relative_to(self.root)
                    raise UsageError(f"link '{name}' leads to '{target}', out of what is fetched")

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if not name or "\0" in name or any(part in {"", ".", "..", _MARK} for part in parts):
            raise UsageError(f"{name!r} is no name of a file below a folder: rename it")
        return self.root.joinpath(*parts)


class _writing:  # noqa: N801  # reads as a statement
    """Tells trouble of the disk as such."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise InfraError(f"cannot write '{error.filename}': {error.strerror}") from error
