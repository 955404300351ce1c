"""`agentrig init` writes a suite that runs, by the very commands that it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.rig import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

FILES = [
    "agentrig.yaml",
    "scenarios/first.yaml",
    "scenarios/test_first.py",
    "scenarios/scenario.schema.json",
    ".gitignore",
]


def commands(ran: Ran) -> list[str]:
    return [line.strip() for line in ran.out.splitlines() if line.startswith("  ")]


def shell(lines: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-ec", "\n".join(lines)],
        cwd=folder,
        env=clean_environment({"PATH": path, **environment}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Run the printed `agentrig demo --serve`, on free ports; give the URLs of its first agent."""
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [Path(sys.executable).parent / "agentrig", "demo", "--serve"],
                cwd=tmp_path,
                env=clean_environment({"AGENTRIG_DEMO_PORTS": "free"}),
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(process.wait)
        stack.callback(process.send_signal, signal.SIGTERM)
        assert process.stdout
        process.stdout.readline()
        _, proxy, control = process.stdout.readline().split()
        yield {"proxy": proxy, "control": control}


@pytest.mark.parametrize("folder", [".", "a new/suite"])
def test_the_commands_that_it_prints_work(rig: Rig, served: dict[str, str], folder: str) -> None:
    ran = rig.here("init", *([] if folder == "." else [folder]))
    assert ran.code == 0, ran.said
    written = [line.removeprefix("wrote ") for line in ran.out.splitlines() if "wrote" in line]
    assert written == [str(Path(folder, file)) for file in FILES]
    serve, *others = commands(ran)
    assert serve == "agentrig demo --serve"
    targets = " ".join(f"{name}={url}" for name, url in served.items())
    done = shell(others, rig.folder, AGENTRIG_RUN_TARGET=targets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_suite_of_ones_own_agent_runs_against_any(rig: Rig, agent: AgentServer) -> None:
    ran = rig.here("init", "suite", "--url", agent.url + "/")
    done = shell(commands(ran), rig.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    agent.bodies["/"] = b"no JSON"
    done = shell(commands(ran), rig.folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("options", [[], ["--url", "http://localhost:1"]])
def test_its_files_are_clean_and_say_where_the_schema_is(rig: Rig, options: list[str]) -> None:
    rig.here("init", *options)
    ran = rig.here("lint", "scenarios")
    assert ran.out == "1 scenario, no mistakes\n"
    first = (rig.folder / "scenarios/first.yaml").read_text()
    assert first.startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    schema = (rig.folder / "scenarios/scenario.schema.json").read_text()
    assert schema == rig.here("schema").out
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "."],
        cwd=rig.folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("there", FILES[:4])
def test_nothing_is_overwritten(rig: Rig, there: str) -> None:
    rig.write(there, "mine\n")
    ran = rig.here("init")
    assert (ran.code, ran.out) == (4, "")
    assert (
        ran.err == f"error: '{there}' exists already: --force overwrites it, or name another DIR\n"
    )
    assert (rig.folder / there).read_text() == "mine\n"
    assert [file for file in FILES if (rig.folder / file).exists()] == [there]
    assert rig.here("init", "--force").code == 0
    assert (rig.folder / there).read_text() != "mine\n"


def test_all_that_exists_is_named(rig: Rig) -> None:
    rig.here("init")
    ran = rig.here("init")
    assert ran.err.count("scenarios/") == 3
    assert "exist already: --force overwrites them, or name another DIR" in ran.err


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "/results/\n"),
        ("*.log", "*.log\n/results/\n"),
        ("results\n*.log\n", "results\n*.log\n"),
        ("/results/\n", "/results/\n"),
    ],
)
def test_results_are_left_out_of_git_once(rig: Rig, before: str, after: str) -> None:
    rig.write(".gitignore", before)
    ran = rig.here("init")
    assert (rig.folder / ".gitignore").read_text() == after
    assert ("wrote .gitignore" in ran.out) == (before != after)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("agent:80", "'agent:80' is no URL: begin with http:// or https://"),
        (
            "http://{agent}:80",
            "'http://{agent}:80' is no plain URL: write scheme, host, port and path alone",
        ),
        (
            "http://h/?a=1",
            "'http://h/?a=1' is no plain URL: write scheme, host, port and path alone",
        ),
        (
            "http://ann:pw@h",
            "'http://[redacted]@h' holds a user, which would be written into a file",
        ),
    ],
)
def test_a_url_that_is_none_is_refused(rig: Rig, url: str, problem: str) -> None:
    ran = rig.here("init", "--url", url)
    assert (ran.code, ran.err) == (4, f"error: --url: {problem}\n")
    assert list(rig.folder.iterdir()) == []


def test_a_folder_that_cannot_be_is_said(rig: Rig) -> None:
    rig.write("scenarios", "a file")
    ran = rig.here("init")
    assert (ran.code, "'scenarios' exists already" in ran.err) == (4, True)
    ran = rig.here("init", "/proc/none")
    assert (ran.code, "cannot write '/proc/none" in ran.err) == (3, True)
