"""`agentrig run --source`: every report says where the scenarios came from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agentrig.errors import UsageError
from agentrig.events import RunStarted, Source
from agentrig.fetch import read_source, write_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.rig import Rig

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = Source(
    kind="git",
    url="https://git.example.com/qa/tests.git",
    ref="v1.0",
    commit=COMMIT,
    path="e2e",
)
S3 = Source(kind="s3", url="s3://qa/chat/", objects=12, digest="sha256:fedcba9876543210")


def test_each_report_of_a_run_names_the_commit(rig: Rig) -> None:
    rig.scenario("a")
    write_source(rig.folder / "source.json", GIT)
    env = {"AGENTRIG_RUN_SOURCE": "source.json", "AGENTRIG_RUN_TERMINATION_LOG": "last"}
    ran = rig.run("a.yaml", env=env)
    assert ran.code == 0, ran.said
    assert " · from https://git.example.com/qa/tests.git at v1.0 (0123456789ab) · 1 pl" in ran.out
    assert [event.source for event in ran.events(RunStarted)] == [GIT]
    assert ran.summary()["source"] == {
        "kind": "git",
        "url": GIT.url,
        "ref": "v1.0",
        "commit": COMMIT,
        "path": "e2e",
    }
    (suite,) = ran.junit()
    found = {one.name: one.value for one in suite.properties()}
    assert found.pop("agentrig.run")
    assert found == {
        "agentrig.attempt": "1",
        "agentrig.commit": COMMIT,
        "agentrig.source.kind": "git",
        "agentrig.source.url": GIT.url,
        "agentrig.source.ref": "v1.0",
        "agentrig.source.commit": COMMIT,
        "agentrig.source.path": "e2e",
    }
    last = json.loads((rig.folder / "last").read_text())
    assert last["source"] == f"{GIT.url} at v1.0 (0123456789ab)"


def test_reports_of_a_journal_name_it_too(rig: Rig) -> None:
    rig.scenario("a")
    write_source(rig.folder / "source.json", S3)
    assert rig.run("a.yaml", "--source", "source.json").code == 0
    ran = rig.report("results", "--results", "again")
    assert " · from s3://qa/chat/ (12 objects, fedcba987654)" in ran.out
    assert ran.summary()["source"]["digest"] == S3.digest


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_of_a_pod_names_it(rig: Rig, form: str) -> None:
    rig.scenario("a")
    write_source(rig.folder / "source.json", GIT)
    ran = rig.run("a.yaml", "--source", "source.json", "--log-format", form)
    assert f"from {GIT.url} at v1.0 (0123456789ab)" in ran.out.splitlines()[0], ran.said


def test_a_run_of_files_that_were_not_fetched_has_no_source(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.run("a.yaml")
    assert ran.summary()["source"] is None
    assert " · from " not in ran.out


def test_a_record_that_is_none_is_a_usage_error(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.run("a.yaml", "--source", "missing.json")
    assert (ran.code, "--source: cannot read 'missing.json'" in ran.err) == (4, True), ran.said
    rig.write("source.json", '{"kind": 1}')
    ran = rig.run("a.yaml", "--source", "source.json")
    assert (ran.code, "is no record of `agentrig fetch --record`" in ran.err) == (4, True)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    for source in (GIT, S3):
        write_source(tmp_path / "deep/source.json", source)
        assert read_source(tmp_path / "deep/source.json") == source
    with pytest.raises(UsageError):
        read_source(tmp_path)
