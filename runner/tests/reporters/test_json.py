"""Reports of whatever a test, or an agent, may have said."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from agentrig.events import CheckResult, Outcome
from agentrig.reporters import (
    CodeQualityReporter,
    GithubReporter,
    JournalReporter,
    Repository,
    TerminalReporter,
    TerminationReporter,
    dump,
    read_journal,
    results_reporters,
)
from agentrig.reporters.log import LogReporter
from tests.support.records import every_outcome, publish
from tests.support.rich_run import bad_step, everything

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agentrig.events import Event

# Half of a surrogate pair comes of an answer that was cut within an emoji.
TEXTS = ["\ud83d", "\udcff", "\x00", "\x1b[2J", "\u2028", "\r\n", "]]></script>", "\U0001f600" * 9]


def with_text(value: Any, text: str) -> Any:
    """Put `text` behind every text in a value."""
    match value:
        case msgspec.Struct():
            names = value.__struct_fields__
            return replace(value, **{name: with_text(getattr(value, name), text) for name in names})
        case tuple() | list():
            return type(value)(with_text(one, text) for one in value)
        case dict():
            return {with_text(key, text): with_text(one, text) for key, one in value.items()}
    return value + text if type(value) is str else value


def one_that_failed() -> Event:
    """Give the end of a step whose check failed, which says so in three places."""
    check = CheckResult(check="jq", outcome=Outcome.FAILED, message="expected 1, got 2")
    return replace(bad_step("broken.yaml"), checks=(check,))


def the_folder(folder: Path) -> list[Any]:
    return [JournalReporter(folder / "events.jsonl"), *results_reporters(folder)]


def the_printed(folder: Path) -> list[Any]:
    lines: list[object] = []
    return [
        TerminalReporter(io.StringIO(), colour=False, results="results"),
        LogReporter(lines.append),
        TerminationReporter(folder / "termination-log"),
        GithubReporter(io.StringIO(), page=folder / "page.md", repository=Repository(folder)),
        CodeQualityReporter(folder / "quality.json", repository=Repository(folder)),
    ]


@pytest.mark.parametrize("reporters", [the_folder, the_printed])
@pytest.mark.parametrize("run", [everything, every_outcome])
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_no_text_keeps_a_report_from_being_written(
    tmp_path: Path,
    text: str,
    run: Callable[[], list[Event]],
    reporters: Callable[[Path], list[Any]],
) -> None:
    events = run()
    events.insert(-1, one_that_failed())
    stream = publish([with_text(event, text) for event in events], reporters(tmp_path))
    assert stream.problems == []
    written = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert written
    if "events.jsonl" in written:
        journal = (tmp_path / "events.jsonl").read_bytes()
        assert len(list(read_journal(journal, name="journal"))) == len(events)


@pytest.mark.parametrize(
    "content",
    ["\ud800", ["\ud800"], ("\ud800",), {"a": ("\ud800",)}, [{"\ud800": 1}], (("\ud800",),)],
)
def test_what_utf8_cannot_hold_is_replaced_wherever_it_stands(content: Any) -> None:
    written = dump(content)
    assert "\N{REPLACEMENT CHARACTER}" in json.dumps(json.loads(written), ensure_ascii=False)
