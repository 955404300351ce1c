from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from agentrig.events import MetricRecorded, Outcome, RunFinished, TroubleFound
from agentrig.reporters import MARKDOWN_FILE, MarkdownReporter, Tally, render_markdown
from tests.support.golden import check_golden
from tests.support.records import every_outcome, failing_run, finished, planned, publish, started
from tests.support.rich_run import bad_step, everything, execution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

    from agentrig.events import Event

GOLDEN = Path(__file__).parent / "golden"
# What the page itself writes as HTML.
OWN_TAGS = {"<details><summary>request and response</summary>", "</details>"} | {
    "<details><summary>The slowest</summary>"
}


def page_of(events: Iterable[Event]) -> str:
    tally = Tally()
    publish(events, [tally])
    return render_markdown(tally)


def tokens_of(page: str) -> list[Token]:
    found = MarkdownIt("commonmark").enable("table").parse(page)
    return [inner for token in found for inner in (token, *(token.children or ()))]


@pytest.mark.parametrize("name", ["everything", "every_outcome"])
def test_page_of_a_run(name: str, tmp_path: Path) -> None:
    events = everything() if name == "everything" else every_outcome()
    stream = publish(events, [MarkdownReporter(tmp_path / MARKDOWN_FILE)])
    assert stream.problems == []
    page = (tmp_path / MARKDOWN_FILE).read_text(encoding="utf-8")
    check_golden(GOLDEN / f"summary_{name}.md", page)


def test_a_run_that_passed_needs_few_words() -> None:
    events = [started([planned("a.yaml")]), finished("a.yaml", Outcome.PASSED)]
    page = page_of([*events, RunFinished(exit_code=0, elapsed_ms=1.0)])
    assert page == (
        "## ✅ agentrig: passed\n\n**1 passed** in 1 ms\n\nrun `a-run` · namespace `demo`\n"
    )


def test_a_run_without_its_end_was_killed() -> None:
    page = page_of([started([planned("a.yaml")])])
    assert "The run was killed: its journal has no end." in page
    assert "### Not run (1)\n\n- `a.yaml`" in page


HOSTILE = [
    "<script>alert(1)</script>",
    "</details><h1>all passed</h1>",
    "![x](http://evil/x.png) [click](http://evil)",
    "http://evil.example/x",
    "**passed** _really_ `code` ~~no~~",
    "| a | b |\n| --- | --- |",
    "# heading\n## another",
    "```\n````\n`````",
    "`x` ``y`` |",
    "a\\|b\\",
    "\x1b[2J\x00\u202e",
    "\ud800",
]


@given(st.sampled_from(HOSTILE) | st.text(alphabet="`|<>[]()!*_~#\\\n &@a-:/", max_size=40))
def test_whatever_is_said_stays_text(said: str) -> None:
    """No text of a test makes a heading, a link, an image, a tag or a cell."""
    path = f"{said or 'x'}.yaml"
    flaky = f"flaky {path}"
    plan = [planned(path, name=said), planned(flaky, name=said)]
    events: list[Event] = [
        replace(started(plan), commit=said, labels=((said, said),), namespace=said),
        bad_step(path, body=said),
        execution(path, 1, Outcome.FAILED),
        replace(bad_step(path, body=said), message=said),
        finished(path, Outcome.FAILED, said, said),
        replace(execution(flaky, 1, Outcome.FAILED), message=said),
        replace(finished(flaky, Outcome.PASSED), flaky=True),
        MetricRecorded(scenario=path, name=said, value=1.0, unit=said),
        TroubleFound(reason=said or "x", where=said, message=said, hint=said),
        RunFinished(exit_code=1, elapsed_ms=1.0, message=said),
    ]
    page = page_of(events)
    page.encode()
    found = tokens_of(page)
    kinds = [token.type for token in found]
    assert kinds.count("heading_open") == 6
    html = {token.content.strip() for token in found if token.type.startswith("html")}
    assert html <= OWN_TAGS
    assert {"link_open", "image", "em_open"} & set(kinds) == set()
    rows = [at for at, kind in enumerate(kinds) if kind == "tr_open"]
    cells = [kinds[at : kinds.index("tr_close", at)] for at in rows]
    widths = [sum(kind in {"td_open", "th_open"} for kind in row) for row in cells]
    assert widths == [3, 3, 3, 3, 2, 2, 2]


@pytest.mark.parametrize(
    "text", ["x" * 10_000_000, "\n" * 1_000_000, "😀" * 1_000_000, "`|<" * 9999]
)
def test_a_page_fits_on_githubs(text: str) -> None:
    events = failing_run(3000, text)
    plan = [planned(f"scenarios/s{number:04}.yaml", name=text) for number in range(3000)]
    events[0] = replace(started(plan), labels=tuple((text, text) for _ in range(100)))
    events[-1:-1] = [TroubleFound(reason=text, where=text, message=text, hint=text)] * 100
    page = page_of(events)
    assert len(page.encode()) < 1024 * 1024
    assert "and 2,850 more" in page


def test_failures_beyond_the_first_are_rows_of_a_table() -> None:
    page = page_of(failing_run(60, "no"))
    assert page.count("#### ") == 50
    assert page.count("| scenarios/s00") == 10
