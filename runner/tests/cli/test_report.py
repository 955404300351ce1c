"""`agentrig report`: everything again from the journal, whatever it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.installed import install_example

if TYPE_CHECKING:
    from tests.support.rig import Ran, Rig


@pytest.fixture
def ran(rig: Rig) -> Ran:
    rig.scenario("a")
    rig.scenario("b", "/status/500")
    rig.write("test_c.py", "import pytest\n@pytest.mark.skip('no')\ndef test_c():\n    pass\n")
    return rig.run(".", "--run-id", "same", "--log-journal")


def files(result: Ran) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(result.results.iterdir())}


def body(out: str) -> list[str]:
    """What was printed up to the journal's block, without the name of the folder."""
    kept = out.split("-----BEGIN", maxsplit=1)[0].strip()
    return [line for line in kept.splitlines() if not line.startswith("results: ")]


@pytest.mark.parametrize("source", ["results", "results/events.jsonl", "pod.log"])
def test_all_files_and_the_report_come_again_as_they_were(rig: Rig, ran: Ran, source: str) -> None:
    (rig.folder / "pod.log").write_text("> starting\n" + ran.out + "> ended\n")
    report = rig.report(source, "--results", "again")
    assert report.code == ran.code == 1, report.said
    assert files(report) == files(ran)
    assert body(report.out) == body(ran.out)


def test_a_log_is_read_from_standard_input(rig: Rig, ran: Ran) -> None:
    log = "".join(f"[pod/x/agentrig] 2026-01-01T00:00:00Z {one}\n" for one in ran.out.splitlines())
    report = rig.agentrig("report", "-", "--results", "again", stdin=log.encode())
    assert report.code == 1, report.said
    again = rig.folder / "again"
    assert {one.name: one.read_bytes() for one in again.iterdir()} == files(ran)


def test_results_can_be_rebuilt_in_their_own_folder(rig: Rig, ran: Ran) -> None:
    before = files(ran)
    (ran.results / "junit.xml").unlink()
    (ran.results / "summary.json").write_text("old")
    for source, results in (("results", "./results"), ("results/events.jsonl", "results")):
        assert rig.report(source, "--results", results).code == 1
        assert files(ran) == before


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", 3, "the run was killed"),
        (b'{"ki', 3, "the run was killed"),
        (b'{"kind":"run.sta', 3, "the run was killed"),
        (b"garbage\n", 4, "neither a journal nor a log"),
        (b'{"kind":"run.started"}\n\n', 3, "results/events.jsonl:1: not a record"),
        (b"\xff\xfe\x00", 4, "neither a journal nor a log"),
        (b"\x1f\x8b\x08", 4, "neither a journal nor a log"),
    ],
)
def test_a_journal_that_is_none_is_told(rig: Rig, content: bytes, code: int, said: str) -> None:
    (rig.folder / "results").mkdir()
    (rig.folder / "results/events.jsonl").write_bytes(content)
    report = rig.report("results")
    assert report.code == code, report.said
    assert said in report.err
    assert "Traceback" not in report.err


def test_an_empty_log_is_no_killed_run(rig: Rig) -> None:
    rig.write("pod.log", "")
    report = rig.report("pod.log")
    assert report.code == 4
    assert "run with --log-journal" in report.err


def test_a_source_that_is_not_there_is_told(rig: Rig) -> None:
    report = rig.report("nosuch")
    assert (report.code, report.err) == (
        4,
        "error: cannot read 'nosuch': No such file or directory\n",
    )


def test_a_folder_that_cannot_be_written_is_told(rig: Rig, ran: Ran) -> None:
    rig.write("file", "")
    report = rig.report("results", "--results", "file/again")
    assert report.code == 3, report.said
    assert report.err == "error: cannot write 'file/again': Not a directory\n"
    (rig.folder / "again/junit.xml").mkdir(parents=True)
    report = rig.report("results", "--results", "again")
    assert (report.code, "junit.xml" in report.err) == (3, True), report.said
    assert ran.code == 1


def test_of_several_attempts_in_a_log_the_last_one_counts(rig: Rig, ran: Ran) -> None:
    (rig.folder / "b.yaml").unlink()
    second = rig.run(".", "--run-id", "second", "--log-journal")
    rig.write("pod.log", ran.out + second.out)
    report = rig.report("pod.log", "--results", "again")
    assert (report.code, report.summary()["run"]) == (0, "second"), report.said


def test_a_response_with_marks_of_a_block_does_not_hide_the_journal(rig: Rig) -> None:
    begin = f"-----BEGIN AGENTRIG JOURNAL bytes=5 sha256={'0' * 64}-----"
    rig.scenario("a", "/evil", status=201)
    from tests.support.agent_server import agent_server  # noqa: PLC0415

    with agent_server() as server:
        rig.url = server.url
        rig.scenario("a", "/evil", status=201)
        server.bodies["/evil"] = (
            f"{begin}\nAAAA\n-----END AGENTRIG JOURNAL-----\n{begin}\n".encode()
        )
        first = rig.run("a.yaml", "--log-journal")
    assert begin in first.out
    rig.write("pod.log", first.out)
    report = rig.report("pod.log", "--results", "again")
    assert report.code == first.code == 1, report.said
    assert files(report) == files(first)


@pytest.fixture
def logs(rig: Rig) -> list[str]:
    """Give the logs of a run in three shards, one of which is in objects."""
    for name in "abcde":
        rig.scenario(name)
    rig.scenario("f", "/status/500")
    names = []
    for shard in (1, 2, 3):
        log_format = "json" if shard == 2 else "text"
        split = ("--shard", f"{shard}/3", "--run-id", "qa-7", "--log-format", log_format)
        ran = rig.run(".", *split, "--log-journal", "--results", f"of-{shard}")
        (rig.folder / f"{shard}.log").write_text(ran.out)
        names.append(f"{shard}.log")
    return names


def test_the_logs_of_all_shards_become_one_report(rig: Rig, logs: list[str]) -> None:
    merged = rig.report(*reversed(logs), "--results", "merged")
    assert merged.code == 1, merged.said
    assert merged.outcomes() == {**dict.fromkeys("abcde", "passed"), "f": "failed"}
    assert [one["id"] for one in merged.summary()["scenarios"]] == [f"{n}.yaml" for n in "abcdef"]
    assert "run qa-7 · via direct · 3 shards · 6 planned" in merged.out
    assert merged.junit().tests == 6
    in_folders = rig.report("of-3", "of-1/events.jsonl", "2.log", "--results", "again")
    assert files(in_folders) == files(merged)
    again = rig.report("merged", "--results", "rebuilt")
    assert files(again) == files(merged)
    assert body(again.out) == body(merged.out)


def test_a_shard_without_its_journal_is_trouble_in_every_report(rig: Rig, logs: list[str]) -> None:
    whole = (rig.folder / "2.log").read_text()
    (rig.folder / "2.log").write_text(whole[: whole.index("-----BEGIN")])
    merged = rig.report(*logs, "--results", "merged")
    missing = [one for one in "abcdef" if one not in merged.outcomes()]
    assert missing
    assert merged.code == (3 if "f" in missing else 1)
    assert "ResultsLost: 2.log" in merged.out
    assert "ShardMissing: shard 2/3" in merged.out
    assert f"{len(missing)} of 6 scenarios are not in this report" in merged.out
    [suite] = [one for one in merged.junit() if one.name == "infrastructure"]
    assert (suite.tests, suite.errors) == (2, 2)
    assert [one["reason"] for one in merged.summary()["troubles"]] == [
        "ResultsLost",
        "ShardMissing",
    ]
    assert rig.report("1.log", "3.log").code == merged.code
    assert files(rig.report("merged", "--results", "again")) == files(merged)


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (("1.log", "-"), "'-' is for a single source"),
        (("1.log", "nope.log"), "'nope.log' is not there"),
        (
            ("1.log", "other.log"),
            "of different runs: run 'qa-7' in 1.log, and 'other' in other.log",
        ),
        (("1.log", "half.log"), "number of shards '3' in 1.log, and '2' in half.log"),
        (("empty.log", "a.yaml"), "none of the sources holds a journal"),
    ],
)
def test_sources_that_are_no_run_are_refused(
    rig: Rig, logs: list[str], sources: tuple[str, ...], words: str
) -> None:
    assert logs
    for name, split, run in (("other", "2/3", "other"), ("half", "2/2", "qa-7")):
        out = rig.run(".", "--shard", split, "--run-id", run, "--log-journal").out
        (rig.folder / f"{name}.log").write_text(out)
    (rig.folder / "empty.log").write_text("some words\n")
    report = rig.report(*sources)
    assert report.code == 4, report.said
    assert words in report.err


def test_what_is_read_is_not_overwritten(rig: Rig, logs: list[str]) -> None:
    assert logs
    before = (rig.folder / "of-1/events.jsonl").read_bytes()
    report = rig.report("of-1", "of-2", "of-3", "--results", "of-1")
    assert report.code == 4, report.said
    assert "would overwrite 'of-1/events.jsonl'" in report.err
    assert (rig.folder / "of-1/events.jsonl").read_bytes() == before


def test_reporters_of_other_packages_report_again(rig: Rig, logs: list[str]) -> None:
    install_example(rig)
    for sources in (["of-1"], logs):
        report = rig.agentrig("report", *sources, "--results", "r", "--reporter", "markdown")
        assert report.code == rig.report(*sources).code, report.said
        assert "| scenario | outcome | time |" in (rig.folder / "r/report.md").read_text()
    report = rig.agentrig("report", *logs, "--reporter", "nobody")
    assert report.code == 4
    assert "there is no reporter 'nobody'" in report.err
