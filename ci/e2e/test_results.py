"""The logs of a run's pods, as kubectl gives them: progress, results, and one report of all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.reporters.log import read_log_line
from e2e.commands import finish, kubectl, run

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.commands import Finished

ROOT = """
name: The root answers
agent: gymcoach
steps:
  - {name: Root, path: /, expect: {status: 200}}
"""
WRONG = ROOT.replace("200", "418")
NOISY = "import os\n\ndef test_noise():\n    os.system('echo of a process')\n"
SUITE = {**{f"root-{number}.yaml": ROOT for number in range(5)}, "root-5.yaml": WRONG}


def split(install: Any, log_format: str) -> tuple[Finished, str]:
    """Run the suite in three shards; give the Job's end and the namespace."""
    release = install(
        {
            "mode": "sharded",
            "shards": {"count": 3},
            "logFormat": log_format,
            "scenarios": {"inline": {**SUITE, "test_noise.py": NOISY}},
            # Not captured, so that a test prints into the log.
            "run": {"args": ["--", "-s"]},
        }
    )
    return finish(release.job(), release.namespace), release.namespace


def logs_of(done: Finished, namespace: str, folder: Path, *options: str) -> list[Path]:
    """Save the log of each pod."""
    files = []
    for pod in done.pods:
        name = pod["metadata"]["name"]
        file = folder / f"{name}.log"
        file.write_text(kubectl("logs", name, "-n", namespace, *options), encoding="utf-8")
        files.append(file)
    return files


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_logs_of_all_shards_are_one_run(install: Any, tmp_path: Path, log_format: str) -> None:
    done, namespace = split(install, log_format)
    assert done.condition["type"] == "Failed"
    logs = logs_of(done, namespace, tmp_path, "--timestamps", "--prefix")
    read = [
        one for log in logs for line in log.read_text().splitlines() if (one := read_log_line(line))
    ]
    assert sum(one.planned or 0 for one in read if one.kind == "run.started") == 7
    ended = [one for one in read if one.kind == "scenario.finished"]
    assert sorted(str(one.outcome) for one in ended) == ["failed", *["passed"] * 6]
    assert sorted(one.exit_code for one in read if one.exit_code is not None) == [0, 0, 1]

    results = tmp_path / "results"
    report = run("agentrig", "report", *map(str, logs), "--results", str(results), check=False)
    assert report.returncode == 1, report.stdout + report.stderr
    summary = json.loads((results / "summary.json").read_text())
    assert summary["counts"] == {"passed": 6, "failed": 1}
    assert (summary["planned"], summary["total"], summary["troubles"]) == (7, 7, [])
    assert [part["shard"] for part in summary["parts"]] == [1, 2, 3]

    lost = run("agentrig", "report", *map(str, logs[1:]), check=False)
    assert lost.returncode in {1, 3}
    assert "ShardMissing: shard " in lost.stdout


def test_every_line_of_a_log_of_objects_is_one(install: Any, tmp_path: Path) -> None:
    done, namespace = split(install, "json")
    lines = [
        json.loads(line)
        for log in logs_of(done, namespace, tmp_path)
        for line in log.read_text().splitlines()
    ]
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    assert "of a process" in [line["message"] for line in lines]
    [failed] = [line for line in lines if line.get("outcome") == "failed" and "scenario" in line]
    assert "expected status 418, got 200" in failed["error"]["message"]
    assert failed["file"]["path"].endswith("root-5.yaml")


def test_what_is_wrong_with_the_files_is_an_object_too(install: Any) -> None:
    release = install(
        {"logFormat": "json", "scenarios": {"inline": {"a.yaml": ROOT.replace("path", "pth")}}}
    )
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [4]
    lines = [json.loads(line) for line in done.log.splitlines()]
    assert any("unknown key 'pth'" in line.get("error", {}).get("message", "") for line in lines)
