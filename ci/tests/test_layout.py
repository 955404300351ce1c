from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from kube.engineless.layout import DEFAULT_FOLDER, Layout
from kube.errors import ClusterError


def test_default_folder_will_do() -> None:
    assert Layout.of(Path(DEFAULT_FOLDER)).live == Path(DEFAULT_FOLDER, "live")


def test_clusters_in_two_folders_share_no_control_group() -> None:
    first, second = Layout(Path("/a")), Layout(Path("/b"))
    assert first.cgroup != second.cgroup
    assert first.cgroup == Layout(Path("/a")).cgroup


@pytest.mark.parametrize("folder", ["/run/rig", "/proc/rig", "/sys", "/dev/shm/rig"])
def test_folder_in_memory_is_refused(folder: str) -> None:
    with pytest.raises(ClusterError, match="cannot hold images"):
        Layout.of(Path(folder))


def test_folder_too_long_for_sockets_is_refused() -> None:
    with pytest.raises(ClusterError, match="too long"):
        Layout.of(Path("/x" * 40))


def test_folder_with_other_files_is_refused() -> None:
    # Not tmp_path, which may be too long for a cluster by itself.
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        folder = Path(short).resolve()
        (folder / "live").mkdir()
        (folder / "logs").mkdir()
        assert Layout.of(folder).folder == folder
        (folder / "thesis.tex").touch()
        with pytest.raises(ClusterError, match="holds files of others"):
            Layout.of(folder)
