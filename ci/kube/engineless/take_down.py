"""Take a cluster down from whatever state it is in, and check that nothing is left.

See `namespaces.py` for why there is so little to do: the end of one process ends nearly all.
"""

from __future__ import annotations

import re
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kube.commands import succeeds
from kube.engineless.cgroups import cgroup_exists, remove_cgroup
from kube.engineless.namespaces import EXEC_VARIABLE, find_makers, members
from kube.engineless.processes import Process, all_processes, ancestors, look_at, wait_until

if TYPE_CHECKING:
    from kube.engineless.layout import Layout

END_S = 15
POLITE_S = 2
UNMOUNT_S = 30
LOGS_KEPT = 5


def take_down(layout: Layout) -> list[str]:
    """Remove the cluster, keep its logs; return what could not be removed, one line each."""
    left = [f"process {each.pid}: {' '.join(each.argv)}" for each in _end_processes(layout)]
    left += [f"process {each.pid}: {' '.join(each.argv)}" for each in _end_commands(layout)]
    left += [f"control group {group}" for group in remove_cgroup(layout.cgroup)]
    mounted = _unmount(layout)
    left += [f"mount {point}" for point in mounted]
    keep_logs(layout)
    # What is mounted below is not the cluster's to delete.
    if not mounted and layout.live.exists():
        shutil.rmtree(layout.live, ignore_errors=True)
        if layout.live.exists():
            left.append(f"folder {layout.live}")
    if layout.folder.is_dir() and not any(layout.folder.iterdir()):
        layout.folder.rmdir()
    return left


def is_gone(layout: Layout) -> bool:
    """Return whether there is nothing to take down."""
    return not (
        layout.live.exists()
        or cgroup_exists(layout.cgroup)
        or find_makers(layout)
        or _commands(layout)
    )


def keep_logs(layout: Layout) -> None:
    """Move the logs to a folder of their own, named by time, and forget the oldest."""
    if not layout.log.is_dir():
        return
    layout.old_logs.mkdir(exist_ok=True)
    layout.log.rename(layout.old_logs / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    for old in sorted(layout.old_logs.iterdir())[:-LOGS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def latest_logs(layout: Layout) -> Path | None:
    """Return the folder of the logs that were kept last."""
    return max(layout.old_logs.iterdir(), default=None) if layout.old_logs.is_dir() else None


def mounts_below(folder: Path, mounts: str) -> list[Path]:
    """Return what is mounted at or below `folder`, innermost first, from a mountinfo's text."""
    points = [_unescape(line.split(" ")[4]) for line in mounts.splitlines()]
    return sorted((Path(p) for p in points if Path(p).is_relative_to(folder)), reverse=True)


def _end_processes(layout: Layout) -> list[Process]:
    """End the root and thereby all inside; return those that would not go."""
    makers = find_makers(layout)
    host = Path("/proc/self/ns/pid").stat().st_ino
    inside = {each.namespace("pid") for each in makers} - {host, None}
    doomed = [*makers, *(each for ns in inside if ns is not None for each in members(ns))]
    for process in makers:
        process.send(signal.SIGKILL)
    wait_until(lambda: not _alive(doomed), timeout_s=END_S)
    return _alive(doomed)


def _end_commands(layout: Layout) -> list[Process]:
    """End what `exec` has started and left in the background: its network is of no use now."""
    started = _commands(layout)
    for number, patience_s in ((signal.SIGTERM, POLITE_S), (signal.SIGKILL, END_S)):
        for process in started:
            process.send(number)
        if wait_until(lambda: not _alive(started), timeout_s=patience_s):
            return []
    return _alive(started)


def _commands(layout: Layout) -> list[Process]:
    """Return processes started by `exec`, but for those that led to this very one."""
    spared = ancestors()
    host = look_at(1)
    home = host.namespace("net") if host else None
    return [
        each
        for each in all_processes()
        if each.pid not in spared
        and each.environment(EXEC_VARIABLE) == str(layout.folder)
        and each.namespace("net") != home
    ]


def _alive(processes: list[Process]) -> list[Process]:
    return [process for process in processes if look_at(process.pid) == process]


def _unmount(layout: Layout) -> list[Path]:
    """Unmount what lies in the folder, though the cluster mounts nothing outside its namespace."""
    for point in _mounts(layout):
        succeeds(["umount", "--lazy", str(point)], timeout_s=UNMOUNT_S)
    return _mounts(layout)


def _mounts(layout: Layout) -> list[Path]:
    return mounts_below(layout.live, Path("/proc/self/mountinfo").read_text())


def _unescape(point: str) -> str:
    r"""Undo the octal escapes of mountinfo (proc(5)): a space is `\040`."""
    return re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), point)
