"""An agent's own chart with agentrig as a dependency: `helm test` runs its scenarios."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from e2e.commands import CHART, DEMO_IMAGE, IMAGE, WITHIN_S, finish, kubectl, leftovers, run

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = CHART.parent / "examples" / "my-agent"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its dependency built, in a copy of charts/."""
    charts = tmp_path_factory.mktemp("charts")
    shutil.copytree(CHART, charts / "agentrig")
    ignore = shutil.ignore_patterns("*.tgz", "Chart.lock")
    shutil.copytree(EXAMPLE, charts / "examples" / "my-agent", ignore=ignore)
    example = charts / "examples" / "my-agent"
    build, *_ = commands(example, "any")
    run("bash", "-c", build)
    return example


def commands(example: Path, namespace: str) -> list[str]:
    """Find the commands of the example's README, for this copy of the chart and this namespace."""
    block = re.findall(
        r"^```sh\n(.*?)^```$", (EXAMPLE / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    lines: list[str] = block[0].splitlines()
    here = [line.replace("charts/examples/my-agent", str(example)) for line in lines]
    return [line.replace("--namespace qa", f"--namespace {namespace}") for line in here]


def test_helm_test_of_an_agents_chart_runs_its_scenarios(built: Path, namespace: str) -> None:
    values = {
        "image": DEMO_IMAGE,
        "agentrig": {"image": IMAGE},
        "nightly": {"image": IMAGE, "enabled": True},
    }
    _, install, test = commands(built, namespace)
    run("bash", "-c", f"{install} -f -", stdin=json.dumps(values))
    tested = run("bash", "-c", test)
    assert "passed: 2 passed" in tested.stdout

    kubectl("create", "job", "now", "--from=cronjob/my-agent-nightly-schedule", "-n", namespace)
    nightly = finish("now", namespace)
    assert nightly.condition["type"] == "Complete", nightly.log
    assert nightly.termination["outcome"] == "passed"

    run("helm", "uninstall", "my-agent", "-n", namespace, "--wait", "--timeout", f"{WITHIN_S}s")
    assert leftovers(namespace, "my-agent") == []


def test_an_agent_that_is_wrong_fails_helm_test(built: Path, namespace: str) -> None:
    targets = {"proxy": "http://{{ .Release.Name }}-my-agent:8000/nowhere"}
    values = {
        "image": DEMO_IMAGE,
        "agentrig": {"image": IMAGE, "run": {"targets": targets}},
    }
    run(
        *("helm", "install", "coach", str(built), "-n", namespace, "-f", "-", "--wait"),
        stdin=json.dumps(values),
    )
    tested = run("helm", "test", "coach", "-n", namespace, "--logs", check=False)
    assert tested.returncode != 0
    assert "expected status 200, got 404" in tested.stdout + tested.stderr
    run("helm", "uninstall", "coach", "-n", namespace, "--wait")
    assert leftovers(namespace, "coach") == []
