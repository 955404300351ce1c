"""A Job per `helm install`: the true outcome, and the results of a pod that is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from junitparser import JUnitXml

from e2e.commands import Finished, finish, run

if TYPE_CHECKING:
    from pathlib import Path

WRONG = """
name: The agent is somebody else
agent: gymcoach
steps:
  - name: Root
    path: /health/live
    endpoint: control
    expect: {status: 200, jq: .status, equals: dead}
"""
UNREACHABLE = """
name: Nobody is there
agent: nobody
steps:
  - path: /
    expect: {status: 200}
"""
MISSPELT = """
name: A key is wrong
agent: gymcoach
steps:
  - pth: /
"""


def test_demo_suite_passes_and_its_results_leave_the_pod(install: Any, tmp_path: Path) -> None:
    release = install({"run": {"args": ["-k", "not opa_enforce"]}})
    done = finish(release.job(), release.namespace)

    assert done.condition["type"] == "Complete", done.log
    assert done.exit_codes == [0]
    assert done.termination["outcome"] == "passed"
    summary, junit = rebuild(done, tmp_path)
    assert summary["outcome"] == "passed"
    assert summary["via"] == "dns"
    assert summary["not_run"] == []
    assert summary["counts"] == {"passed": summary["planned"]}
    assert summary["run"] == f"{release.name}-1"
    assert (junit.tests, junit.failures, junit.errors) == (summary["planned"], 0, 0)
    yaml_files = [suite.name for suite in junit if suite.name.endswith(".yaml")]
    assert len(yaml_files) == 10
    assert most_at_once(tmp_path) == 10


def test_failing_scenario_fails_the_job_at_once_and_without_retry(
    install: Any, tmp_path: Path
) -> None:
    release = install({"scenarios": {"inline": {"wrong.yaml": WRONG}}, "job": {"backoffLimit": 3}})
    done = finish(release.job(), release.namespace)

    assert (done.condition["type"], done.condition["reason"]) == ("Failed", "PodFailurePolicy")
    assert done.exit_codes == [1]
    assert "[Root] path '.status': expected 'dead', got 'live'" in done.log
    summary, junit = rebuild(done, tmp_path)
    assert summary["counts"] == {"failed": 1}
    assert junit.failures == 1


def test_infrastructure_error_is_retried_and_names_service_and_namespace(install: Any) -> None:
    release = install(
        {"scenarios": {"inline": {"nobody.yaml": UNREACHABLE}}, "job": {"backoffLimit": 1}}
    )
    done = finish(release.job(), release.namespace)

    assert (done.condition["type"], done.condition["reason"]) == ("Failed", "BackoffLimitExceeded")
    assert done.exit_codes == [3, 3]
    assert "http://nobody.demo.svc.cluster.local:4000" in done.log
    assert "service nobody, namespace demo" in done.log
    assert done.termination["outcome"] == "error"


def test_invalid_scenario_fails_at_once_and_shows_the_line(install: Any) -> None:
    release = install({"scenarios": {"inline": {"bad.yaml": MISSPELT}}, "job": {"backoffLimit": 3}})
    done = finish(release.job(), release.namespace)

    assert done.condition["reason"] == "PodFailurePolicy"
    assert done.exit_codes == [4]
    assert "unknown key 'pth' in a step" in done.log
    assert "did you mean 'path'?" in done.log


def rebuild(done: Finished, tmp_path: Path) -> tuple[Any, JUnitXml]:
    """Rebuild the results from the log of a finished pod, as a user would."""
    log = tmp_path / "pod.log"
    log.write_text(done.log, encoding="utf-8")
    results = tmp_path / "results"
    code = run("agentrig", "report", str(log), "--results", str(results), check=False).returncode
    assert code == done.exit_codes[-1]
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    return summary, JUnitXml.fromfile(str(results / "junit.xml"))


def most_at_once(tmp_path: Path) -> int:
    """Count how many scenarios in YAML ran at the same time, at most."""
    running, most = set[str](), 0
    for line in (tmp_path / "results/events.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        scenario = record["event"].get("scenario", "")
        if record["kind"] == "scenario.started" and scenario.endswith(".yaml"):
            running.add(scenario)
            most = max(most, len(running))
        elif record["kind"] == "scenario.finished":
            running.discard(scenario)
    return most
