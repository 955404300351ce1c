"""What the tests of `ci/kube` share. They need neither root nor a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CI = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with a golden file; AGENTRIG_UPDATE_GOLDEN=1 rewrites the file instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("AGENTRIG_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        expected = path.read_text("utf-8") if path.exists() else "(no golden file)"
        assert text == expected, f"{name} differs; `make golden` rewrites it"

    return compare


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put programs on an otherwise empty PATH: each appends its arguments to a file, and ends."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(**exit_codes: int) -> Path:
        calls = tmp_path / "calls"
        for name, code in exit_codes.items():
            program = folder / name
            program.write_text(f'#!/bin/sh\necho {name} "$@" >>{calls}\nexit {code}\n')
            program.chmod(0o755)
        return calls

    return make


@pytest.fixture
def ci(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `ci/cluster` or `ci/image` as a user does, with a home and cache of its own."""

    def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        keep = {key: value for key, value in os.environ.items() if not key.startswith("AGENTRIG_")}
        own = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "COLUMNS": "100"}
        return subprocess.run(
            [sys.executable, str(CI / program), *arguments],
            capture_output=True,
            check=False,
            env=keep | own | environment,
            text=True,
            timeout=60,
        )

    return run
