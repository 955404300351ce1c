"""From a commit to files: what stands below a path must be whole, elsewhere it may be missing."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from agentrig.errors import FetchError, UsageError

if TYPE_CHECKING:
    from dulwich.object_store import BaseObjectStore
    from dulwich.objects import ObjectID, TreeEntry

    from agentrig.fetch._folder import Folder
    from agentrig.fetch._limits import Budget

__all__ = ["write_tree"]

# git-lfs, docs/spec.md: a pointer file begins so, and is shorter than 1,024 bytes.
_LFS = b"version https://git-lfs.github.com/spec/"
_LFS_MAX_BYTES = 1024
_GITLINK = 0o160000  # gitglossary(7): a kind of entry of Git's own


def write_tree(
    store: BaseObjectStore, tree: ObjectID, folder: Folder, *, path: str, budget: Budget
) -> list[str]:
    """Write all files of `tree` into `folder`, and name what was left out.

    `path` is what will be run, empty for all. A submodule, a file of Git LFS or a link that leads
    out is left out, or refused by UsageError when it stands there, and so is a path that is not.
    """
    from dulwich.index import validate_path_element_default  # noqa: PLC0415

    found, left_out = not path, list[str]()
    for entry in store.iter_tree_contents(tree):
        if entry.path is None:
            continue
        if not all(map(validate_path_element_default, entry.path.split(b"/"))):
            raise UsageError(f"the repository holds {entry.path!r}, which no Git may write")
        name = os.fsdecode(entry.path)
        wanted = not path or name == path or name.startswith(f"{path}/")
        found = found or wanted
        missing = _write_entry(store, entry, folder, budget)
        if missing and wanted:
            advice = "leave it out of the path that is run, or put it into the repository"
            raise UsageError(f"'{name}' is {missing}: {advice}")
        if missing:
            left_out.append(name)
    if not found:
        raise UsageError(f"the commit has no '{path}'{_say_root(store, tree)}")
    folder.finish()
    return left_out


def _write_entry(
    store: BaseObjectStore, entry: TreeEntry, folder: Folder, budget: Budget
) -> str | None:
    """Write one file; say what it is if its content is not in the repository."""
    if entry.path is None or entry.mode is None or entry.sha is None:
        return None
    name, mode = os.fsdecode(entry.path), entry.mode
    if stat.S_IFMT(mode) == _GITLINK:
        return "a submodule, which is not fetched"
    try:
        blob = store[entry.sha]
    except KeyError:
        raise FetchError(f"the server left out the content of '{name}'") from None
    content = blob.as_raw_chunks()
    size = sum(map(len, content))
    budget.receive(size)
    if stat.S_ISLNK(mode):
        target = os.fsdecode(b"".join(content))
        try:
            folder.link(name, target)
        except UsageError:
            return f"a link to '{target}', out of the repository"
        return None
    if size < _LFS_MAX_BYTES and b"".join(content).startswith(_LFS):
        return "a file of Git LFS, whose content is not in the repository"
    folder.write(name, content, executable=bool(mode & stat.S_IXUSR))
    return None


def _say_root(store: BaseObjectStore, tree: ObjectID) -> str:
    from dulwich.objects import Tree  # noqa: PLC0415

    root = store[tree]
    names = sorted(os.fsdecode(e.path) for e in root.iteritems()) if isinstance(root, Tree) else []
    shown = ", ".join(map(repr, names[:12])) + (", ..." if len(names) > 12 else "")  # noqa: PLR2004
    return f": its root holds {shown}" if names else ": it is empty"
