from __future__ import annotations

from pathlib import Path

from kube.engineless.cgroups import Hierarchy, hierarchies
from kube.engineless.layout import Layout
from kube.engineless.take_down import LOGS_KEPT, keep_logs, latest_logs, mounts_below

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:21 / /sys/fs/cgroup ro,nosuid shared:2 - tmpfs tmpfs ro,mode=755
24 23 0:22 / /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory
25 23 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
26 22 0:24 / /rig/live/kubelet/a\\040volume rw - tmpfs tmpfs rw
27 26 0:25 / /rig/live/kubelet/a\\040volume/below rw - tmpfs tmpfs rw
28 22 0:26 / /rig/livestock rw - tmpfs tmpfs rw
"""


def test_control_groups_of_both_versions_are_found() -> None:
    assert hierarchies(MOUNTS) == [
        Hierarchy(Path("/sys/fs/cgroup/memory"), 1),
        Hierarchy(Path("/sys/fs/cgroup/unified"), 2),
    ]


def test_mounts_below_come_innermost_first_and_by_their_real_names() -> None:
    assert mounts_below(Path("/rig/live"), MOUNTS) == [
        Path("/rig/live/kubelet/a volume/below"),
        Path("/rig/live/kubelet/a volume"),
    ]


def test_logs_are_kept_and_the_oldest_forgotten(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    keep_logs(layout)
    assert latest_logs(layout) is None
    for year in range(2001, 2001 + LOGS_KEPT):
        (layout.old_logs / f"{year}0101T000000Z").mkdir(parents=True)
    layout.log.mkdir(parents=True)
    layout.log_of("etcd").write_text("last words")
    keep_logs(layout)
    latest = latest_logs(layout)
    assert latest is not None
    assert (latest / "etcd.log").read_text() == "last words"
    assert not layout.log.exists()
    assert len(list(layout.old_logs.iterdir())) == LOGS_KEPT
    assert not (layout.old_logs / "20010101T000000Z").exists()
