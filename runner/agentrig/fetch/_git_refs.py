"""Which commit is asked for: a branch, a tag, or a commit by its whole name. Never another one."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_commit", "resolve"]

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?", re.IGNORECASE)
_MAX_SHOWN = 8


def is_commit(ref: str) -> bool:
    """Tell whether `ref` is the whole name of a commit, which Git puts before any branch."""
    return _COMMIT.fullmatch(ref) is not None


def resolve(refs: Mapping[bytes, bytes], ref: str, *, where: str) -> bytes:
    """Give the object that `ref` names among the `refs` of the server.

    Raises UsageError when there is none, naming similar ones, or when a branch and a tag have
    the same name.
    """
    names = {name.decode("utf-8", "replace"): sha for name, sha in refs.items()}
    wanted = [ref] if ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
    found = [name for name in wanted if name in names]
    if len(found) > 1:
        raise UsageError(
            f"'{ref}' is a branch and a tag of {where}: write {' or '.join(map(repr, found))}"
        )
    if found:
        return names[found[0]]
    raise UsageError(f"{where} has no branch or tag '{ref}'{_advice(list(names), ref)}")


def _advice(names: list[str], ref: str) -> str:
    if re.fullmatch(r"[0-9a-f]{7,39}", ref):
        return ": if it is a commit, write all of its 40 digits"
    short = sorted(
        {
            re.sub("^refs/(heads|tags)/", "", name)
            for name in names
            if name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}")
        }
    )
    close = get_close_matches(ref, short, n=_MAX_SHOWN, cutoff=0.5)
    if close:
        return f": did you mean {', '.join(map(repr, close))}?"
    if not short:
        return ": it is empty"
    more = ", ..." if len(short) > _MAX_SHOWN else ""
    return f": it has {', '.join(map(repr, short[:_MAX_SHOWN]))}{more}"
