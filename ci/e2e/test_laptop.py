"""The same scenarios from outside of the cluster, through port-forwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from e2e.commands import run

if TYPE_CHECKING:
    from pathlib import Path

# A module of the demo changes one of its deployments.
pytestmark = pytest.mark.alone


def test_demo_suite_passes_by_port_forward(demo: str, tmp_path: Path) -> None:
    done = run(
        *("agentrig", "run", "scenarios/demo", "--via", "port-forward", "--namespace", demo),
        *("--results", str(tmp_path)),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["via"] == "port-forward"
    assert summary["counts"] == {"passed": summary["planned"]}
    # Ten files and the two modules: the one that restarts a sidecar included.
    assert any("test_opa_enforce" in scenario["id"] for scenario in summary["scenarios"])


def test_unreachable_service_is_an_infrastructure_error(demo: str, tmp_path: Path) -> None:
    scenario = tmp_path / "nobody.yaml"
    scenario.write_text("name: Nobody\nagent: nobody\nsteps: [{path: /}]\n", encoding="utf-8")
    done = run(
        *("agentrig", "run", str(scenario), "--via", "port-forward", "--namespace", demo),
        *("--results", str(tmp_path / "results")),
        check=False,
    )
    assert done.returncode == 3
    assert "service nobody, namespace demo" in done.stdout
