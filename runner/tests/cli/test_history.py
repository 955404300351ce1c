"""`agentrig report history` and `agentrig compare`, as typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.history import Cache
from tests.support.golden import check_golden
from tests.support.past import leave, past_run
from tests.support.rig import clean_environment
from tests.support.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.rig import Ran, Rig
    from tests.support.s3_server import S3Server

GOLDEN = Path(__file__).with_name("golden")


def history(rig: Rig, *args: str) -> Ran:
    return rig.here("report", "history", *args)


def trends(rig: Rig, *args: str) -> Any:
    ran = history(rig, *args, "--format", "json")
    assert ran.code == 0, ran.said
    return json.loads(ran.out)


@pytest.fixture
def nights(rig: Rig) -> Rig:
    """Give a store of twelve nights, some of them bad, and one that goes on."""
    rows = {
        "s/broke.yaml": "ppppppppppff",
        "s/fixed.yaml": "pppppffffppp",
        "s/flaky.yaml": "pkpfppppkpfp",
        "s/never.yaml": "ffffffffffff",
        "s/gone.yaml": "p...........",
        "s/infra.yaml": "ppppppepppsp",
    }
    for night in range(12):
        outcomes = {name: row[night] for name, row in rows.items() if row[night] != "."}
        records = past_run(
            night,
            outcomes,
            commit=f"{night // 2:02}" * 20,
            labels=[("environment", "staging" if night % 3 else "production")],
            scores={"s/broke.yaml": 0.9 - night / 50},
        )
        attempt = rig.folder / f"store/runs/nightly-{night}/shard=0/attempt=1"
        leave(attempt, records, only=["events", "summary", "report"])
    goes_on = past_run(12, {"s/broke.yaml": "p", "s/fixed.yaml": "p"})[:3]
    leave(rig.folder / "store/runs/nightly-12/shard=0/attempt=1", goes_on, only=["pieces"])
    return rig


def test_pages_and_a_summary(nights: Rig) -> None:
    (nights.folder / "store/runs/bad/shard=0/attempt=1").mkdir(parents=True)
    (nights.folder / "store/runs/bad/shard=0/attempt=1/summary.json").write_bytes(b"{")
    ran = history(nights, "store")
    assert (ran.code, ran.err) == (0, ""), ran.said
    check_golden(GOLDEN / "history.txt", ran.out)
    page = nights.folder / "history/index.html"
    assert page.read_bytes().startswith(b"<!doctype html>")
    before = page.read_bytes()
    assert history(nights, "store").out == ran.out
    assert page.read_bytes() == before
    assert sorted(one.name for one in page.parent.iterdir()) == [
        ".agentrig-history.sqlite3",
        "index.html",
    ]


def test_json_has_every_point(nights: Rig) -> None:
    found = trends(nights, "store")
    assert [run["run"] for run in found["runs"]] == [f"nightly-{night}" for night in range(13)]
    broke = found["scenarios"][0]
    assert broke["id"] == "s/broke.yaml"
    assert broke["outcomes"] == "ppppppppppffp"
    assert broke["runs"] == list(range(13))
    never = next(one for one in found["scenarios"] if one["id"] == "s/never.yaml")
    assert (never["standing"], never["since"]["run"], never["last_otherwise"]) == (
        "failing",
        "nightly-0",
        None,
    )
    assert broke["metrics"]["faithfulness"]["values"][:2] == [0.9, 0.88]
    assert found["runs"][12]["outcome"] == "unfinished"
    assert found["unreadable"] == []
    assert not (nights.folder / "history").exists()


def test_runs_are_chosen_by_label_time_and_number(nights: Rig) -> None:
    production = trends(nights, "store", "--label", "environment=production")
    assert [run["run"] for run in production["runs"]] == [f"nightly-{n}" for n in (0, 3, 6, 9)]
    last = trends(nights, "store", "--label", "environment=production", "--last", "2")
    assert [run["run"] for run in last["runs"]] == ["nightly-6", "nightly-9"]
    since = trends(nights, "store", "--since", "2026-03-11")
    assert [run["run"] for run in since["runs"]] == ["nightly-10", "nightly-11", "nightly-12"]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["nowhere"], 4, "'nowhere' is no folder"),
        (["store", "--since", "yesterday"], 4, "--since 'yesterday' is neither a date"),
        (["store", "--label", "x"], 4, "'x' is not NAME=VALUE"),
        (["ftp://host/x"], 4, "is no store"),
        (["store", "--label", "environment=nowhere"], 5, "none of the 13 runs below 'store'"),
        (["store", "--since", "1s"], 5, "none of the 13 runs"),
        (["empty"], 5, "no results below 'empty'"),
        (["store", "--cache", "notes.txt"], 4, "'notes.txt' is no cache of agentrig"),
        (["store", "--output", "notes.txt/x"], 3, "cannot write 'index.html' in store notes.txt/x"),
    ],
)
def test_what_cannot_be_shown(nights: Rig, args: list[str], code: int, words: str) -> None:
    (nights.folder / "empty").mkdir()
    (nights.folder / "notes.txt").write_text("mine")
    ran = history(nights, *args)
    assert ran.code == code, ran.said
    assert words in ran.err


def test_a_full_disk_costs_only_what_would_be_kept(nights: Rig) -> None:
    command = "ulimit -f 4; exec python -m agentrig report history store --format json --cache kept"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=nights.folder,
        env=clean_environment({"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["runs"]) == 13
    assert done.stderr.startswith("warning: cannot keep what was read")


def test_reports_are_linked_from_where_the_pages_are(nights: Rig) -> None:
    leave(nights.folder / "store/a b#/x", past_run(20, {"a": "p"}), only=["summary", "report"])
    for args, base in (
        (["--output", "site/deep"], "../../store/"),
        (["--output", "store/history"], "../"),
        (["--reports-url", "https://results.example.com/qa"], "https://results.example.com/qa/"),
    ):
        assert history(nights, "store", *args).code == 0
        folder = args[1] if args[0] == "--output" else "history"
        page = (nights.folder / folder / "index.html").read_text()
        assert f'"{base}runs/nightly-1/shard%3D0/attempt%3D1/report.html"' in page
        assert f'"{base}a%20b%23/x/report.html"' in page


def test_two_runs_of_a_real_suite(rig: Rig) -> None:
    rig.scenario("a")
    rig.scenario("b")
    store = ("--store", "store", "--label", "branch=main")
    assert rig.run(".", *store, "--run-id", "one", "--results", "one").code == 0
    rig.scenario("b", "/status/500")
    assert rig.run(".", "--store", "store", "--run-id", "two", "--results", "two").code == 1
    for before, after in (
        ("one", "two"),
        ("one/events.jsonl", "two"),
        ("store/runs/one", "store/runs/two"),
        ("store", "two"),
    ):
        ran = rig.here("compare", before, after)
        assert ran.code == 1, ran.said
        assert "Newly failing (1)\n  b.yaml  passed  failed\n" in ran.out
    assert rig.here("compare", "two", "one").code == 0
    assert rig.here("compare", "two", "two").code == 0
    found = json.loads(rig.here("compare", "two", "one", "--format", "json").out)
    assert [one["scenario"] for one in found["fixed"]] == ["b.yaml"]
    assert [run["run"] for run in trends(rig, "store")["runs"]] == ["one", "two"]


def test_a_log_is_a_side_as_well(rig: Rig) -> None:
    rig.scenario("a")
    (rig.folder / "run.log").write_text(rig.run(".", "--log-journal").out)
    assert rig.here("compare", "run.log", "results").code == 0


def test_of_a_store_the_newest_run_with_the_label(nights: Rig) -> None:
    for night in range(12):
        for file in (nights.folder / f"store/runs/nightly-{night}").rglob("*.*"):
            os.utime(file, (1000 + night, 1000 + night))
    leave(nights.folder / "now", past_run(30, {"s/broke.yaml": "f"}))
    ran = nights.here("compare", "store", "now", "--label", "environment=production")
    assert ran.code == 1, ran.said
    assert ran.out.startswith("before  nightly-9 (")
    newest = nights.here("compare", "store", "now")
    assert newest.out.startswith("before  nightly-11 ("), "nightly-12 has not ended"
    own = nights.here("compare", "store", "store/runs/nightly-11")
    assert own.out.startswith("before  nightly-10 ("), "no run is its own past"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["nowhere", "now"], 4, "cannot read 'nowhere'"),
        (["now", "notes.txt"], 4, "neither a journal nor a log"),
        (["empty", "now"], 5, "'empty' has no run to compare"),
        (["store", "now", "--label", "a=b"], 5, "'store' has no run with these labels"),
        (["now", "now", "--max-slowdown", "much"], 4, "'much' is no share"),
        (["now", "now", "--max-metric-drop", "-5%"], 4, "'-5%' is no share"),
        (["broken", "now"], 3, "not a summary of a run"),
    ],
)
def test_what_cannot_be_compared(nights: Rig, args: list[str], code: int, words: str) -> None:
    leave(nights.folder / "now", past_run(30, {"s/broke.yaml": "f"}))
    (nights.folder / "notes.txt").write_text("mine")
    for folder in ("empty", "broken"):
        (nights.folder / folder).mkdir()
    (nights.folder / "broken/summary.json").write_bytes(b"{}")
    ran = nights.here("compare", *args)
    assert ran.code == code, ran.said
    assert words in ran.err


def test_limits_decide_the_exit_code(rig: Rig) -> None:
    for name, time, score in (("one", 1000.0, 0.9), ("two", 1300.0, 0.8)):
        records = past_run(1, {"a": "p"}, run=name, times={"a": time}, scores={"a": score})
        leave(rig.folder / name, records)
    for args, code in (
        ([], 0),
        (["--max-slowdown", "50%"], 0),
        (["--max-slowdown", "0.2"], 1),
        (["--max-metric-drop", "20%"], 0),
        (["--max-metric-drop", "10%"], 1),
        (["--max-metric-drop", "10%", "--max-metric-drop", "faithfulness=50%"], 0),
        (["--max-metric-drop", "faithfulness=5%"], 1),
        (["--max-metric-drop", "other=5%"], 0),
    ):
        assert rig.here("compare", "one", "two", *args).code == code, args


@pytest.mark.parametrize("output_format", ["markdown", "html"])
def test_formats(nights: Rig, output_format: str) -> None:
    runs = (f"store/runs/nightly-{night}" for night in (1, 11))
    ran = nights.here("compare", *runs, "--format", output_format)
    assert ran.code == 1, ran.said
    assert ran.out.startswith({"markdown": "### ", "html": "<!doctype html>"}[output_format])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def test_a_bucket(nights: Rig, server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.credentials().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AGENTRIG_STORE_PATH_STYLE", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    server.fill("results")
    store = nights.folder / "store"
    for file in sorted(store.rglob("*.*")):
        if file.is_file():
            server.put("results", f"qa/{file.relative_to(store).as_posix()}", file.read_text())
    local, remote = (trends(nights, source) for source in ("store", "s3://results/qa"))
    for found in (local, remote):
        for run in found["runs"]:
            run["place"] = run["place"].partition("runs/")[2]
    assert remote == local
    ran = nights.here(
        "compare", "s3://results/qa/runs/nightly-1", "s3://results/qa/runs/nightly-11"
    )
    assert ran.code == 1, ran.said
    for _ in range(2):
        ran = history(nights, "s3://results/qa", "--output", "s3://results/site/qa")
        assert ran.code == 0, ran.said
        assert ran.out.endswith("\npages: s3://results/site/qa/index.html\n")
    page = server.client.get_object(Bucket="results", Key="site/qa/index.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert b'"../../qa/runs/nightly-1/shard%3D0/attempt%3D1/report.html"' in page["Body"].read()
    assert not (nights.folder / "s3:").exists()
    kept = nights.folder / "kept"
    cache = server.client.get_object(Bucket="results", Key="site/qa/.agentrig-history.sqlite3")
    kept.write_bytes(cache["Body"].read())
    with Cache(kept, source="s3://results/qa") as known:
        assert len(known.states()) == 13
    assert history(nights, "s3://results/other").code == 5
    assert history(nights, "s3://nobody/x").code == 4
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert history(nights, "s3://results/qa").code == 3
