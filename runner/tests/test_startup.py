"""What a start imports: a run of one plain scenario pays for nothing that it does not use."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.agent_server import agent_server
from tests.support.rig import Rig, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    "httpx",
    "httpx2",
    "jq",
    "lightkube",
    "rich",
    "starlette",
    "uvicorn",
    "uvloop",
    "xdist",
    "anyio",
}
FETCHING = {"boto3", "botocore", "dulwich", "paramiko", "pip", "urllib3"}
UNUSED = HEAVY | FETCHING | {"hypothesis", "junitparser", "jsonschema", "requests", "agentrig.demo"}
# What a request and its checks by dotted paths have no use for.
SELDOM = {
    *("agentrig.fetch", "agentrig.kubernetes", "agentrig.launch", "agentrig.lint"),
    *("agentrig.search",),
    *("agentrig.steps.chat", "agentrig.steps.kubernetes", "agentrig.steps.python"),
    *("agentrig.steps.stream", "agentrig.steps.wait", "agentrig.steps._oauth2"),
    *("agentrig.scenario._jq_bounds", "agentrig.scenario._jq_program"),
    *("agentrig.scenario._jq_pool", "agentrig.scenario._jq_syntax"),
    *("agentrig.checks._described", "agentrig.checks._schema", "agentrig.checks._text"),
    *("agentrig.pytest_plugin._background", "agentrig.reporters.log_writer"),
    *("agentrig.cli._log_output", "agentrig.reporters.log", "agentrig.merge"),
    *("mimetypes", "multiprocessing", "regex"),
}

SCRIPT = """
import json, sys
from agentrig.cli import main
try:
    main({args!r})
finally:
    with open("modules.json", "w") as file:
        json.dump(sorted(sys.modules), file)
"""


def modules_of(folder: Path, *args: str, code: int = 0) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(args=list(args))],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return set(json.loads((folder / "modules.json").read_text()))


def test_a_run_of_a_plain_scenario_is_lean(tmp_path: Path) -> None:
    with agent_server() as agent:
        Rig(tmp_path, agent.url).scenario("a")
        modules = modules_of(tmp_path, "run", "a.yaml")
    assert modules & (UNUSED | SELDOM) == set()
    assert {"pytest", "pyreqwest", "agentrig.steps.http"} <= modules


def test_a_scenario_of_dotted_paths_needs_no_jq(tmp_path: Path) -> None:
    with agent_server() as agent:
        agent.bodies["/ok"] = b'{"a": [{"b": 1}]}'
        step = f"{{endpoint: '{agent.url}', path: /ok, expect: {{jq: '.a[0].b', equals: 1}}}}"
        (tmp_path / "a.yaml").write_text(f"name: a\nsteps:\n  - {step}\n")
        assert "jq" not in modules_of(tmp_path, "run", "a.yaml")


@pytest.mark.parametrize("args", [["--help"], ["--version"]], ids=" ".join)
def test_help_imports_neither_pytest_nor_pydantic(tmp_path: Path, args: list[str]) -> None:
    modules = modules_of(tmp_path, *args)
    assert modules & (UNUSED | {"pytest", "pydantic", "pyreqwest", "yaml"}) == set()


def test_report_and_lint_do_without_pytest(tmp_path: Path) -> None:
    Rig(tmp_path).scenario("a")
    assert modules_of(tmp_path, "lint", "a.yaml") & (UNUSED | {"pytest"}) == set()
    (tmp_path / "events.jsonl").write_text("")
    modules = modules_of(tmp_path, "report", ".", code=3)
    assert modules & (UNUSED | {"pytest", "pyreqwest", "yaml"}) == set()
