"""A real Helm, a cluster that is played, and the commands in between."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

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
