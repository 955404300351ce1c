"""`agentrig runs` and `cleanup`: what they show, and what they never touch."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.launch._runs import Run, runs_json, runs_table, say_seconds, seconds_between
from agentrig.launch._workloads import Workload
from tests.launch.played import NAMESPACE, ending, running, template
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.launch.played import Play

NOW = dt.datetime(2026, 11, 21, 18, 0, 0, tzinfo=dt.UTC)
OURS = "agentrig.dev/launched=true,agentrig.dev/call=x"


def workload(release: str, **more: Any) -> Workload:
    known = {"kind": "Job", "namespace": "qa", "uid": release, "shards": 0, "release": release}
    return Workload(**{**known, "name": f"{release}-agentrig-run-1", "run": f"{release}-1", **more})


RUNS = [
    Run(
        workload=workload("run-1121-175959-x7k2", created="2026-11-21T17:59:59Z", outcome="waiting"),
        counts={},
    ),
    Run(
        workload=workload("big", mode="sharded", shards=20, created="2026-11-21T16:49:30Z",
                          outcome="running"),
        counts={"passed": 312, "failed": 2},
    ),
    Run(
        workload=workload("nightly", name="nightly-29310042", mode="cronjob",
                          created="2026-11-21T02:30:00Z", finished="2026-11-21T02:33:05Z",
                          outcome="passed", reason="CompletionsReached"),
        counts={"passed": 40, "skipped": 1},
    ),
    Run(
        workload=workload("late", created="2026-11-13T16:00:00Z", finished="2026-11-13T16:30:00Z",
                          outcome="error", reason="DeadlineExceeded"),
        counts={"passed": 3, "not_run": 37},
    ),
    Run(
        workload=workload("coach", kind="Pod", name="coach-agentrig-test\x1b[2J", mode="hook",
                          namespace="agents", created="", outcome="failed"),
        counts={"failed": 1},
    ),
]  # fmt: skip


def test_the_table_of_runs(request: pytest.FixtureRequest) -> None:
    golden = request.path.parent / "golden"
    table = runs_table(RUNS, now=NOW, namespaces=False) + "\n"
    check_golden(golden / "runs.txt", table)
    check_golden(
        golden / "runs_all_namespaces.txt", runs_table(RUNS, now=NOW, namespaces=True) + "\n"
    )


def test_the_list_for_scripts_has_every_field(request: pytest.FixtureRequest) -> None:
    text = runs_json(RUNS, now=NOW)
    assert len(json.loads(text)) == len(RUNS)
    assert json.loads(text)[3]["took_s"] == 1800.0
    check_golden(request.path.parent / "golden/runs.json", text + "\n")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.9, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (7_810, "2 h 10 min"),
        (8 * 86_400 + 7_200, "8 d 2 h"),
    ],
)
def test_times_are_written_in_two_units(seconds: float, said: str) -> None:
    assert say_seconds(seconds) == said


@given(st.text(max_size=30))
def test_a_time_that_is_none_has_no_distance(text: str) -> None:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        assert seconds_between(text, NOW) is None


def test_runs_are_read_from_the_cluster(play: Play) -> None:
    play.on_install = ending(play, 1)
    play.install("bad", template(play, "bad"))
    play.on_install = lambda job: running(play, job)
    play.install("going", template(play, "going"))
    ran = play.agentrig("runs", "--json")
    assert ran.code == 0, ran.said
    found = {one["release"]: one for one in json.loads(ran.out)}
    assert found["bad"]["outcome"] == "failed"
    assert found["bad"]["counts"] == {"failed": 1}
    assert found["bad"]["mode"] == "job"
    assert (found["going"]["outcome"], found["going"]["finished"]) == ("running", None)
    table = play.agentrig("runs").out
    assert table.splitlines()[0].split() == [
        *("RELEASE", "JOB", "MODE", "STARTED", "TOOK", "SHARDS", "OUTCOME", "TESTS")
    ]


@pytest.mark.parametrize(
    "message", ["", "[]", "{", '{"counts": 3}', '{"counts": {"passed": "9", "x": 2, "failed": -1}}']
)
def test_a_termination_message_may_be_anything(play: Play, message: str) -> None:
    play.on_install = ending(play, 0)
    play.install("odd", template(play, "odd"))
    state = {"terminated": {"exitCode": 0, "message": message}}
    play.cluster.change(
        "pods",
        "odd-agentrig-run-1-x7k2p",
        {"status": {"containerStatuses": [{"name": "runner", "state": state}]}},
    )
    ran = play.agentrig("runs", "--json")
    assert json.loads(ran.out)[0]["counts"] == {}


def test_a_namespace_without_runs_is_no_error(play: Play) -> None:
    ran = play.agentrig("runs")
    assert (ran.code, ran.out) == (0, f"no runs in namespace {NAMESPACE}\n")
    assert play.agentrig("runs", "--json").out == "[]\n"


@pytest.fixture
def launched(play: Play) -> Play:
    """Give releases of every sort: over and running, launched and not, with a schedule."""
    play.on_install = ending(play, 1)
    play.install("over", template(play, "over"), labels=OURS)
    play.install("theirs", template(play, "theirs"))
    play.on_install = lambda job: running(play, job)
    play.install("going", template(play, "going"), labels=OURS)
    play.install("nightly", template(play, "nightly", "--set=mode=cronjob"), labels=OURS)
    play.install("gone", "", labels=OURS)
    return play


def test_cleanup_removes_what_is_over_and_ours(launched: Play) -> None:
    ran = launched.agentrig("cleanup", "--older-than", "1s")
    assert ran.code == 0, ran.said
    assert sorted(launched.releases) == ["going", "nightly", "theirs"]
    assert "uninstalled over in namespace demo: finished" in ran.out
    assert "uninstalled gone in namespace demo: its job is gone, installed" in ran.out
    assert "2 of 4 launched releases are old enough to go" in ran.out


def test_a_release_of_which_one_run_goes_on_stays(play: Play) -> None:
    play.on_install = ending(play, 0)
    play.install("twice", template(play, "twice"), labels=OURS)
    play.on_install = lambda job: running(play, job)
    again = template(play, "twice").replace("run-1", "run-2")
    play.install("twice", again, labels=OURS)
    ran = play.agentrig("cleanup", "--older-than", "1s")
    assert "0 of 1 launched releases" in ran.out, ran.said
    assert list(play.releases) == ["twice"]


def test_a_dry_run_only_tells(launched: Play) -> None:
    ran = launched.agentrig("cleanup", "--older-than", "1s", "--dry-run")
    assert ran.code == 0, ran.said
    assert "would uninstall over in namespace demo" in ran.out
    assert len(launched.releases) == 5


def test_what_is_not_old_enough_stays(launched: Play) -> None:
    ran = launched.agentrig("cleanup", "--older-than", "9000d")
    assert ran.code == 0, ran.said
    assert "0 of 4" in ran.out
    assert len(launched.releases) == 5


def test_a_release_that_will_not_go_does_not_keep_the_others(launched: Play) -> None:
    launched.on_uninstall = lambda name: "the server is away" if name == "over" else ""
    ran = launched.agentrig("cleanup", "--older-than", "1s")
    assert ran.code == 3, ran.said
    assert "error: cannot uninstall release over in namespace demo: the server is away" in ran.out
    assert "gone" not in launched.releases
