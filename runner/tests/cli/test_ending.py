"""How a process ends: at once where nobody minds, and not before all is done."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.rig import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig

# What is registered for the interpreter's end tells whether it came to one.
SCRIPT = """
import atexit, sys
from agentrig.cli import main
atexit.register(print, "taken apart")
sys.argv[1:] = {args!r}
{more}
main()
"""


def ended(rig: Rig, *args: str, more: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(args=list(args), more=more)],
        cwd=rig.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_of_requests_and_queries_ends_at_once(rig: Rig, agent: AgentServer) -> None:
    agent.bodies["/ok"] = b'{"a": [1, 2]}'
    expect = "{jq: '.a | map(. + 1) | length', equals: 2}"
    step = f"{{endpoint: '{agent.url}', path: /ok, expect: {expect}}}"
    rig.write("a.yaml", f"name: a\nsteps: [{step}]\n")
    done = ended(rig, "run", ".")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed: 1 passed" in done.stdout
    assert "taken apart" not in done.stdout


@pytest.mark.parametrize(("args", "code"), [(["--version"], 0), (["run", "nosuch.yaml"], 4)])
def test_the_code_is_kept(rig: Rig, args: list[str], code: int) -> None:
    done = ended(rig, *args)
    assert done.returncode == code, done.stdout + done.stderr
    assert "taken apart" not in done.stdout


def test_what_python_modules_leave_open_is_written(rig: Rig) -> None:
    rig.write("test_log.py", "LOG = open('log.txt', 'w')\ndef test_it(): LOG.write('kept')\n")
    ran = rig.run("test_log.py")
    assert ran.code == 0, ran.said
    assert (rig.folder / "log.txt").read_text() == "kept"


def test_what_a_function_of_a_step_leaves_open_is_written(rig: Rig) -> None:
    rig.write("log.py", "LOG = open('log.txt', 'w')\ndef log(): LOG.write('kept')\n")
    rig.write("a.yaml", "name: a\nsteps: [{python: {call: 'log.py:log'}}]\n")
    ran = rig.run("a.yaml")
    assert ran.code == 0, ran.said
    assert (rig.folder / "log.txt").read_text() == "kept"


def test_whoever_else_was_imported_comes_to_an_end(rig: Rig, tmp_path: Path) -> None:
    rig.write("tracer.py", "")
    done = ended(rig, "--version", more=f"sys.path.append({str(tmp_path)!r}); import tracer")
    assert done.returncode == 0, done.stderr
    assert "taken apart" in done.stdout


def test_threads_are_waited_for(rig: Rig) -> None:
    more = "import threading; threading.Timer(0.3, print, ['done']).start()"
    done = ended(rig, "--version", more=more)
    assert done.stdout.splitlines()[-1] == "done"
