"""What `run` and `report` add where a CI server runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.rig import Rig


@pytest.fixture
def github(tmp_path: Path) -> dict[str, str]:
    """The environment of a step, whose working directory is a folder of the repository."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(tmp_path.parent),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "page.md"),
    }


def test_run_annotates_on_github(rig: Rig, github: dict[str, str], tmp_path: Path) -> None:
    rig.scenario("bad", "/ok", status=201)
    rig.scenario("good")
    ran = rig.run("bad.yaml", "good.yaml", env=github)
    assert ran.code == 1, ran.said
    lines = ran.out.rstrip().splitlines()
    # Behind the report: a command within it would be hidden from it.
    assert lines[-2] == "results: results", ran.said
    line = next(
        number
        for number, text in enumerate((rig.folder / "bad.yaml").read_text().splitlines(), 1)
        if "201" in text
    )
    file = f"{rig.folder.relative_to(tmp_path.parent)}/bad.yaml"
    assert lines[-1].startswith(f"::error file={file},line={line},col=")
    assert "title=The scenario bad::[GET /ok] expected status 201" in lines[-1]
    page = (tmp_path / "page.md").read_text()
    assert page == (ran.results / "summary.md").read_text() + "\n"
    assert "**1 failed, 1 passed**" in page


def test_report_annotates_on_github(
    rig: Rig, github: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rig.scenario("bad", "/ok", status=201)
    ran = rig.run("bad.yaml")
    assert "::error" not in ran.out
    for name, value in github.items():
        monkeypatch.setenv(name, value)
    for args in (["results"], ["results", "--results", "again"]):
        (tmp_path / "page.md").unlink(missing_ok=True)
        again = rig.report(*args)
        assert again.out.splitlines()[-1].startswith("::error file=")
        assert "**1 failed**" in (tmp_path / "page.md").read_text()
    assert (rig.folder / "again/summary.md").exists()


def test_a_log_is_left_to_its_readers(rig: Rig, github: dict[str, str]) -> None:
    rig.scenario("bad", "/ok", status=201)
    ran = rig.run("bad.yaml", "--log-format", "json", env=github)
    assert "::error" not in ran.out
    assert all(json.loads(line) for line in ran.out.splitlines())


def test_gitlab_gets_findings_for_its_merge_requests(rig: Rig, tmp_path: Path) -> None:
    rig.scenario("bad", "/ok", status=201)
    findings = "gl-code-quality.json"
    ran = rig.run("bad.yaml")
    assert not (ran.results / findings).exists()
    ran = rig.run("bad.yaml", env={"GITLAB_CI": "true", "CI_PROJECT_DIR": str(tmp_path.parent)})
    (finding,) = json.loads((ran.results / findings).read_bytes())
    file = f"{rig.folder.relative_to(tmp_path.parent)}/bad.yaml"
    assert finding["location"]["path"] == file
    assert finding["description"] == "The scenario bad: [GET /ok] expected status 201, got 200"


def test_summary_md_that_cannot_be_written_is_known_to_the_exit_code(rig: Rig) -> None:
    rig.scenario("good")
    (rig.folder / "results/summary.md").mkdir(parents=True)
    ran = rig.run("good.yaml")
    assert ran.code == 3, ran.said
    assert "error: MarkdownReporter failed" in ran.err
    assert ran.summary()["exit_code"] == 3
