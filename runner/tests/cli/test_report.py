"""`agentrig report`: everything again from the journal, whatever it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
