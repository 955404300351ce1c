from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.events import Outcome, RunFinished
from agentrig.reporters import TerminationReporter
from tests.support.golden import check_golden
from tests.support.records import every_outcome, failing_run, publish, records

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.events import Event

# Kubernetes cuts a message at 4,096 bytes, and the cut one would be no JSON.
LIMIT = 4_096


def message_of(file: Path, events: list[Event], *, run: str = "a-run") -> dict[str, Any]:
    stream = publish(events, [TerminationReporter(file)], run=run)
    assert stream.problems == []
    content = file.read_bytes()
    assert len(content) <= LIMIT
    message: dict[str, Any] = json.loads(content)
    return message


def test_message_of_a_run_with_every_outcome(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    message = message_of(tmp_path / "log", every_outcome())
    golden = request.path.parent / "golden/termination.json"
    check_golden(golden, json.dumps(message, indent=1) + "\n")


@pytest.mark.parametrize(
    "text",
    ["x", "x" * 10_000, "\N{GRINNING FACE}" * 300, "\x1b" * 300, "\ud800" * 300, '"\\' * 300, ""],
    ids=["short", "long", "emoji", "escapes", "surrogates", "quotes", "empty"],
)
def test_hundreds_of_failures_fit(tmp_path: Path, text: str) -> None:
    message = message_of(tmp_path / "log", failing_run(600, text))
    assert message["bad_total"] == 600
    assert message["counts"] == {"failed": 600}
    kept = [one["id"] for one in message["bad"]]
    assert kept == [f"scenarios/s{number:04}.yaml" for number in range(len(kept))]
    assert len(kept) >= 2


@pytest.mark.parametrize("text", ["long " * 5_000, "\x00" * 5_000, "\N{GRINNING FACE}" * 5_000])
def test_a_long_message_of_the_run_leaves_the_verdict(tmp_path: Path, text: str) -> None:
    events = every_outcome()
    events[-1] = RunFinished(exit_code=4, elapsed_ms=1.0, message=text)
    message = message_of(tmp_path / "log", events)
    assert (message["exit_code"], message["outcome"], message["planned"]) == (4, "invalid", 8)
    assert message["message"].startswith(text[:200])


def test_a_long_name_of_the_run_leaves_the_verdict(tmp_path: Path) -> None:
    message = message_of(tmp_path / "log", every_outcome(), run="r" * 9_000)
    assert (message["exit_code"], message["bad_total"]) == (1, 3)


def test_as_many_failures_are_kept_as_there_is_room_for(tmp_path: Path) -> None:
    message_of(tmp_path / "log", failing_run(600, "x"))
    size = (tmp_path / "log").stat().st_size
    assert size > LIMIT - 100


def test_it_is_rewritten_in_place_after_every_scenario(tmp_path: Path) -> None:
    """The kubelet has mounted the file: another one of its name would never be read."""
    file = tmp_path / "log"
    file.write_text("x" * 9_000)
    inode = file.stat().st_ino
    reporter = TerminationReporter(file)
    seen = []
    for record in records(every_outcome()):
        reporter.receive(record)
        message = json.loads(file.read_bytes())
        assert file.stat().st_ino == inode
        seen.append((message["outcome"], message["counts"].get(Outcome.NOT_RUN, 0)))
    assert seen[0] == ("running", 8)
    assert seen[-2] == ("running", 1)
    assert seen[-1] == ("failed", 1)


def test_a_file_that_cannot_be_written_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    stream = publish(every_outcome(), [TerminationReporter(tmp_path / "no/such/log")])
    assert ["No such file or directory" in str(one) for one in stream.problems] == [True]


def test_a_device_is_written_as_a_file_is() -> None:
    publish(every_outcome(), [TerminationReporter(__import__("pathlib").Path(os.devnull))])
