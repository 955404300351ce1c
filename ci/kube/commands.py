"""Run a program to its end, within a time, and say well how it failed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OUTPUT_TAIL_LINES = 15


def run(
    command: Sequence[str],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> str:
    """Return the standard output of `command`; its whole output goes to `log` if one is given.

    Raises ClusterError, with the end of its output, when it fails, hangs or does not exist.
    """
    name = _name(command)
    try:
        if log is None:
            ended = subprocess.run(
                command,
                capture_output=True,
                check=False,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=timeout_s,
            )
        else:
            with log.open("a") as output:
                ended = subprocess.run(
                    command,
                    check=False,
                    cwd=cwd,
                    env=env,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    text=True,
                    timeout=timeout_s,
                )
    except FileNotFoundError:
        raise ClusterError(f"'{command[0]}' is not on PATH") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"'{name}' did not end within {timeout_s:.0f} s", log=log) from None
    if ended.returncode != 0:
        said = f"{ended.stdout or ''}{ended.stderr or ''}".splitlines()[-OUTPUT_TAIL_LINES:]
        raise ClusterError(
            f"'{name}' ended with exit code {ended.returncode}", hint="\n".join(said), log=log
        )
    return ended.stdout or ""


def succeeds(command: Sequence[str], *, timeout_s: float) -> bool:
    """Return whether `command` exists and ends with exit code 0 in time."""
    try:
        run(command, timeout_s=timeout_s)
    except ClusterError:
        return False
    return True


def _name(command: Sequence[str]) -> str:
    """Return the program and its subcommand, if it seems to have one."""
    words = [word for word in command[1:] if not word.startswith("-")]
    return " ".join([command[0], *words[:1]])
