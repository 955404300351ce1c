"""A real Helm, a cluster that is played, and the commands in between."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.launch.played import Play, helm_script
from tests.support.fake_cluster import running_fake_cluster
from tests.support.fixtures import agent, rig, until

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["agent", "rig", "until"]

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def helm_folder() -> Path:
    """Give the folder of a real helm."""
    tools = subprocess.run(
        [ROOT / "ci" / "tools", "--path", "helm"], capture_output=True, text=True, check=False
    )
    assert tools.returncode == 0, tools.stderr
    return Path(tools.stdout.strip())


@pytest.fixture
def with_helm(helm_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a real helm on PATH, away from the user's own settings and clusters."""
    monkeypatch.setenv("PATH", f"{helm_folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KUBECONFIG", os.devnull)
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"HELM_{name}_HOME", str(tmp_path / "helm"))


@pytest.fixture
def play(tmp_path: Path, helm_folder: Path) -> Iterator[Play]:
    """Give a cluster and a helm that are played."""
    with running_fake_cluster() as cluster:
        path = helm_script(tmp_path, helm=helm_folder, url=cluster.url)
        yield Play(tmp_path, cluster, path)
