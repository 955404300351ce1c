from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentrig.errors import ReportError
from agentrig.reporters import (
    JOURNAL_FILE,
    JournalReporter,
    LogBlockReporter,
    find_blocks,
    read_journal,
    write_block,
)
from tests.support.records import every_outcome, failing_run, publish, records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JOURNAL = b'{"kind":"run.started"}\n' * 400 + bytes(range(256)) * 4
# What a log may do to its lines.
FORMS: dict[str, Callable[[str], str]] = {
    "bare": lambda line: line,
    "timestamps": lambda line: f"2026-01-02T03:04:05.678901234Z {line}",
    "prefix": lambda line: f"[pod/run-42-x7/agentrig] {line}",
    "both": lambda line: f"[pod/run-42-x7/agentrig] 2026-01-02T03:04:05.678901234Z {line}",
    "stern": lambda line: f"run-42-x7 agentrig {line}",
    "colour": lambda line: f"\x1b[32mrun-42 |\x1b[0m {line}",
    "trailing blanks": lambda line: line + "  ",
    "objects": lambda line: json.dumps({"time": "x", "message": line, "level": "info"}),
    "objects, prefixed": lambda line: (
        "[pod/a/b] 2026-01-02T03:04:05Z " + json.dumps({"message": line})
    ),
}


def find(log: str) -> list[bytes]:
    return find_blocks(log, name="pod.log")


def in_form(log: str, form: str, end: str = "\n") -> str:
    return "".join(FORMS[form](line) + end for line in log.splitlines())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_block_is_found_whatever_the_log_does_to_its_lines(form: str, end: str) -> None:
    log = "some words\n" + write_block(JOURNAL) + "more words\n"
    assert find(in_form(log, form, end)) == [JOURNAL]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_come_back(journal: bytes) -> None:
    assert find(write_block(journal)) == [journal]


def test_lines_are_short_and_plain() -> None:
    block = write_block(JOURNAL)
    assert block.isascii()
    assert max(map(len, block.splitlines())) <= 160
    assert block.endswith("-----END AGENTRIG JOURNAL-----\n")


def test_a_block_says_its_size_and_checksum() -> None:
    digest = hashlib.sha256(JOURNAL).hexdigest()
    first = write_block(JOURNAL).splitlines()[0]
    assert first == f"-----BEGIN AGENTRIG JOURNAL bytes={len(JOURNAL)} sha256={digest}-----"


def test_several_blocks_come_in_order() -> None:
    assert find(write_block(b"one") + "between\n" + write_block(b"two")) == [b"one", b"two"]


def test_a_log_without_a_block_has_none() -> None:
    assert find("") == find("nothing\nhere\n") == []


def test_a_block_is_refused_wherever_it_is_cut_off() -> None:
    lines = write_block(JOURNAL).splitlines()
    for kept in range(1, len(lines)):
        with pytest.raises(ReportError, match=r"^pod\.log: the journal block is cut off"):
            find("\n".join(lines[:kept]))


def test_a_block_whose_middle_is_lost_is_refused() -> None:
    lines = write_block(bytes(hashlib.shake_256(b"x").digest(2_000))).splitlines()
    del lines[3]
    with pytest.raises(ReportError, match=r"^pod\.log: the journal block "):
        find("\n".join(lines))


@pytest.mark.parametrize(
    "change",
    [
        lambda block: re.sub("sha256=.", lambda m: "sha256=" + ("1" if m[0][-1] == "0" else "0"), block),
        lambda block: re.sub(r"bytes=\d", "bytes=9", block),
        lambda block: re.sub(r"bytes=\d+", "bytes=0", block),
        lambda block: re.sub(r"bytes=\d+", "bytes=999999999999999", block),
        lambda block: block.replace("\neN", "\n\N{REPLACEMENT CHARACTER}N", 1),
        lambda block: block.replace("\ne", "\n!", 1),
        lambda block: block.replace("\ne", "\nz", 1),
        lambda block: re.sub(r"-----\n(?s:.*)\n-----", "-----\n-----", block),
    ],
)  # fmt: skip
def test_a_damaged_block_is_refused(change: Callable[[str], str]) -> None:
    block = write_block(JOURNAL)
    assert change(block) != block
    with pytest.raises(ReportError, match=r"^pod\.log: the journal block "):
        find(change(block))


def test_a_size_of_absurd_length_is_no_block() -> None:
    assert find(re.sub(r"bytes=\d+", "bytes=" + "9" * 5_000, write_block(JOURNAL))) == []


@pytest.mark.parametrize("announced", [100, 10_000_000_000])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(announced: int) -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    text = base64.b64encode(bomb).decode()
    log = (
        f"-----BEGIN AGENTRIG JOURNAL bytes={announced} sha256={'0' * 64}-----\n"
        f"{text}\n-----END AGENTRIG JOURNAL-----\n"
    )
    tracemalloc.start()
    try:
        with pytest.raises(ReportError):
            find(log)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


FAKE = f"< -----BEGIN AGENTRIG JOURNAL bytes=5 sha256={'0' * 64}-----\n"
END = "< -----END AGENTRIG JOURNAL-----\n"


@pytest.mark.parametrize("noise", [FAKE, FAKE + END, END, FAKE + "< eJw=\n" + END, FAKE + FAKE])
def test_an_agent_that_prints_marks_cannot_hide_the_journal(noise: str) -> None:
    """The body of a failed response stands in the same log, before the block."""
    assert find(noise + write_block(JOURNAL)) == [JOURNAL]


def test_a_block_that_an_earlier_attempt_left_half_is_passed_over() -> None:
    half = "\n".join(write_block(b"one").splitlines()[:2]) + "\n"
    assert find(half + write_block(b"two")) == [b"two"]


def test_the_last_block_decides_even_when_it_is_damaged() -> None:
    with pytest.raises(ReportError, match="checksum"):
        find(write_block(b"one") + write_block(b"two").replace("bytes=3", "bytes=4"))


def test_the_reporter_prints_the_journal_of_the_run(tmp_path: Path) -> None:
    output = io.StringIO()
    file = tmp_path / JOURNAL_FILE
    publish(every_outcome(), [LogBlockReporter(file, output), JournalReporter(file)])
    (journal,) = find(output.getvalue())
    assert list(read_journal(journal, name="log")) == records(every_outcome())


def test_a_large_run_makes_a_small_block(tmp_path: Path) -> None:
    """A node keeps 10 MiB of a container's log by default; 2,000 failures must fit easily."""
    output = io.StringIO()
    file = tmp_path / JOURNAL_FILE
    what = failing_run(2_000, "expected status 200, got 500")
    publish(what, [LogBlockReporter(file, output), JournalReporter(file)])
    assert len(output.getvalue()) < 200_000
    assert find(output.getvalue()) == [file.read_bytes()]
