"""The chart's other modes: `helm test` and the CronJob."""

from __future__ import annotations

from typing import Any

from e2e.commands import finish, kubectl, run

ROOT_ANSWERS = """
name: The root answers
agent: gymcoach
steps:
  - {name: Root, path: /, expect: {status: 200}}
"""
ROOT_IS_A_TEAPOT = ROOT_ANSWERS.replace("200", "418")


def test_helm_test_shows_the_report(install: Any) -> None:
    release = install({"mode": "hook", "scenarios": {"inline": {"root.yaml": ROOT_ANSWERS}}})
    for _ in range(2):
        done = run("helm", "test", release.name, "-n", release.namespace, "--logs")
        assert "Phase:" in done.stdout
        assert "passed: 1 passed" in done.stdout


def test_helm_test_fails_with_a_failing_scenario_and_shows_why(install: Any) -> None:
    release = install({"mode": "hook", "scenarios": {"inline": {"root.yaml": ROOT_IS_A_TEAPOT}}})
    done = run("helm", "test", release.name, "-n", release.namespace, "--logs", check=False)
    assert done.returncode != 0
    assert "[Root] expected status 418, got 200" in done.stdout + done.stderr


def test_cronjobs_job_runs_when_triggered(install: Any) -> None:
    release = install(
        {
            "mode": "cronjob",
            "cronjob": {"schedule": "0 0 1 1 *"},
            "scenarios": {"inline": {"root.yaml": ROOT_ANSWERS}},
        }
    )
    cronjob = kubectl("get", "cronjobs", "-n", release.namespace, "-o", "name").strip()
    kubectl("create", "job", "by-hand", f"--from={cronjob}", "-n", release.namespace)
    done = finish("by-hand", release.namespace)
    assert done.condition["type"] == "Complete"
    assert done.exit_codes == [0]
    assert done.termination["run"] == "by-hand"
