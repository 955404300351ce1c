"""The control group below which the kubelet makes those of the pods."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from kube.engineless.processes import wait_until

REMOVE_S = 10


def hierarchies(mounts: str) -> list[Path]:
    """Return where control groups are mounted, of version 1 and 2, from a mountinfo's text."""
    found = []
    for line in mounts.splitlines():
        # proc(5): the mount point is the fifth field, the type follows a lone hyphen.
        fields, _, rest = line.partition(" - ")
        if rest.split(" ", 1)[0] in {"cgroup", "cgroup2"}:
            found.append(Path(fields.split(" ")[4]))
    return found


def make_cgroup(name: str) -> None:
    """Make the group in every hierarchy."""
    for hierarchy in _mounted():
        (hierarchy / name).mkdir(exist_ok=True)


def remove_cgroup(name: str) -> list[Path]:
    """Remove the group and those below it; return what is left after some seconds.

    A group goes when its last process has: the kernel may take a moment to see that.
    """
    groups = [hierarchy / name for hierarchy in _mounted()]

    def gone() -> bool:
        for group in groups:
            for folder, _, _ in os.walk(group, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()
        return not any(group.exists() for group in groups)

    wait_until(gone, timeout_s=REMOVE_S)
    return [group for group in groups if group.exists()]


def _mounted() -> list[Path]:
    return hierarchies(Path("/proc/self/mountinfo").read_text())
