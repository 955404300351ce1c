"""The control group below which the kubelet makes those of the pods."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kube.engineless.processes import wait_until

REMOVE_S = 10
VERSIONS = {"cgroup": 1, "cgroup2": 2}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A tree of control groups, mounted at `path`."""

    path: Path
    version: int


def hierarchies(mounts: str) -> list[Hierarchy]:
    """Return where control groups are mounted, from a mountinfo's text."""
    found = []
    for line in mounts.splitlines():
        # proc(5): the mount point is the fifth field, the type follows a lone hyphen.
        fields, _, rest = line.partition(" - ")
        version = VERSIONS.get(rest.split(" ", 1)[0])
        if version:
            found.append(Hierarchy(Path(fields.split(" ")[4]), version))
    return found


def make_cgroup(name: str) -> None:
    """Make the group in every hierarchy."""
    mounted = _mounted()
    if all(hierarchy.version == 2 for hierarchy in mounted):  # noqa: PLR2004 (cgroups(7))
        for hierarchy in mounted:
            _enable_controllers(hierarchy.path)
    for hierarchy in mounted:
        (hierarchy.path / name).mkdir(exist_ok=True)


def cgroup_exists(name: str) -> bool:
    """Return whether any hierarchy has the group."""
    return any((hierarchy.path / name).exists() for hierarchy in _mounted())


def remove_cgroup(name: str) -> list[Path]:
    """Remove the group and those below it; return what is left after some seconds.

    A group goes when its last process has: the kernel may take a moment to see that.
    """
    groups = [hierarchy.path / name for hierarchy in _mounted()]

    def gone() -> bool:
        for group in groups:
            for folder, _, _ in os.walk(group, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()
        return not any(group.exists() for group in groups)

    wait_until(gone, timeout_s=REMOVE_S)
    return [group for group in groups if group.exists()]


def _enable_controllers(root: Path) -> None:
    """Give groups below `root` all controllers, as the kubelet asks of the one it is given."""
    controllers = (root / "cgroup.controllers").read_text().split()
    enabled = (root / "cgroup.subtree_control").read_text().split()
    for controller in controllers:
        if controller not in enabled:
            (root / "cgroup.subtree_control").write_text(f"+{controller}")


def _mounted() -> list[Hierarchy]:
    return hierarchies(Path("/proc/self/mountinfo").read_text())
