"""Why a runner ended before it could tell of any results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.merge import Attempt, merge

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = "http://s3:7070 refused to read s3://results (SignatureDoesNotMatch)"


def told(log: Path) -> str:
    attempt = Attempt(name="pod a", shard=0, exit_code=3, log=log)
    merged = merge([attempt], run="run-1", shards=0, troubles=())
    (trouble,) = merged.troubles
    return trouble.message


@pytest.mark.parametrize(
    "text",
    [
        f"20:38:09 starting\nerror: {REFUSED}\n\n",
        f'{{"level": "error", "message": "error: {REFUSED}"}}\n',
    ],
)
def test_the_last_line_of_a_log_says_why(text: str, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(text)
    assert told(log) == (
        "it ended with exit code 3, and nothing tells of its results: its log has no journal at "
        f"its end, whose last words are: error: {REFUSED}"
    )


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_log_of_nothing_has_no_last_words(text: str, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(text)
    assert told(log).endswith("its log has no journal at its end")


def test_last_words_are_not_trusted(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\x1b[2Jhttps://me:secret@host \xff" + b"x" * 100_000)
    message = told(log)
    assert "secret" not in message
    assert "\x1b" not in message
    assert len(message) < 700
