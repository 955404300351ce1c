"""An agent's own chart with agentrig as a dependency: `helm test` runs its scenarios."""

from __future__ import annotations

import json
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
    run("helm", "dependency", "build", str(charts / "examples" / "my-agent"))
    return charts / "examples" / "my-agent"


def test_helm_test_of_an_agents_chart_runs_its_scenarios(built: Path, namespace: str) -> None:
    values = {
        "image": DEMO_IMAGE,
        "agentrig": {"image": IMAGE},
        "nightly": {"image": IMAGE, "enabled": True},
    }
    run(
        *("helm", "install", "coach", str(built), "-n", namespace, "-f", "-"),
        *("--wait", "--timeout", f"{WITHIN_S}s"),
        stdin=json.dumps(values),
    )
    tested = run("helm", "test", "coach", "-n", namespace, "--logs")
    assert "passed: 2 passed" in tested.stdout

    kubectl("create", "job", "now", "--from=cronjob/coach-nightly-schedule", "-n", namespace)
    nightly = finish("now", namespace)
    assert nightly.condition["type"] == "Complete", nightly.log
    assert nightly.termination["outcome"] == "passed"

    run("helm", "uninstall", "coach", "-n", namespace, "--wait", "--timeout", f"{WITHIN_S}s")
    assert leftovers(namespace, "coach") == []


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
