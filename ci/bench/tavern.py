"""Tavern's own environment, made once and kept."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from bench.errors import BenchError
from kube.cache import cache_folder, exclusive

__all__ = ["distributions", "ensure"]

_REQUIREMENTS = Path(__file__).with_name("tavern-requirements.txt")
# Another process may be installing it.
_WAIT_S = 300


def ensure() -> Path:
    """Give the folder of programs of an environment that has Tavern; make it if it is missing."""
    content = _REQUIREMENTS.read_bytes() + sys.version.encode()
    folder = cache_folder("bench") / f"tavern-{hashlib.sha256(content).hexdigest()[:12]}"
    with exclusive("bench-tavern", timeout_s=_WAIT_S):
        ready = folder / ".ready"
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, symlinks=True, with_pip=True)
            _install(folder / "bin" / "python")
            ready.touch()
    return folder / "bin"


def distributions(bin_folder: Path) -> dict[str, str]:
    """Give the versions of what takes part in Tavern's work, by name."""
    script = (
        "from importlib.metadata import version\n"
        "for name in ('tavern', 'pytest', 'requests'): print(name, version(name))"
    )
    output = subprocess.run(
        [bin_folder / "python", "-c", script], check=True, capture_output=True, text=True
    ).stdout
    return dict(line.split() for line in output.splitlines())


def _install(python: Path) -> None:
    print("installing Tavern in an environment of its own ...", file=sys.stderr)
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    done = subprocess.run(
        [*pip, "--require-hashes", "--requirement", _REQUIREMENTS],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise BenchError(f"Tavern cannot be installed:\n{done.stderr or done.stdout}")
