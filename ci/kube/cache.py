"""The folder for what is worth keeping between runs, and the lock of those who use it."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator


def cache_folder(*parts: str) -> Path:
    """Return (and make) a folder below the user's cache: `~/.cache/agentrig/PARTS`."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home, "agentrig", *parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def exclusive(name: str, *, timeout_s: float) -> Iterator[None]:
    """Hold the lock `name`; the kernel frees it even if the holder is killed.

    Raises ClusterError if another process holds it for longer than `timeout_s`.
    """
    path = cache_folder() / f"{name}.lock"
    deadline_s = time.monotonic() + timeout_s
    with path.open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline_s:
                    raise ClusterError(
                        f"another process has held {path} for {timeout_s:.0f} s"
                    ) from None
                time.sleep(0.1)
            else:
                break
        yield
