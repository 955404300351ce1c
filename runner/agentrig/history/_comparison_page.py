"""A comparison as one HTML file."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import msgspec

from agentrig.events import Outcome
from agentrig.history._comparison_text import comparison_text
from agentrig.history._sections import headline, sections, totals
from agentrig.history._site import ASSETS
from agentrig.history._words import say_verdict
from agentrig.pages import CHARTS, Page, PageData

if TYPE_CHECKING:
    from agentrig.history._compare import Comparison
    from agentrig.history._run import Run
    from agentrig.history._sections import Section

__all__ = ["comparison_page", "page_of_comparison"]


def comparison_page(found: Comparison) -> str:
    """Give the page; all that was found is in it."""
    encode = msgspec.json.Encoder().encode
    tables = sections(found)
    head = {
        "headline": headline(found),
        "before": _side(found.before),
        "after": _side(found.after),
        "totals": list(totals(found)),
        "tables": len(tables),
    }
    data = PageData()
    data.add(encode(head))
    for table in tables:
        data.add(
            encode(
                {
                    "title": table.title,
                    "columns": _columns(table),
                    "bad": table.is_bad,
                    "rows": table.rows,
                }
            )
        )
    for time in _times(found):
        data.add(encode(time))
    page = page_of_comparison(
        f"{found.after.run}: {headline(found)}", comparison_text(found, colour=False)
    )
    return b"".join(page.pieces(data)).decode("utf-8")


def page_of_comparison(title: str = "", text: str = "") -> Page:
    """Give the page without its data; `text` is what is read where there is no JavaScript."""
    return Page(
        title=title,
        styles=(ASSETS / "history.css",),
        scripts=(*CHARTS, ASSETS / "tables.js", ASSETS / "comparison.js"),
        without_script=f"<pre>{escape(text)}</pre>",
    )


def _columns(table: Section) -> list[str]:
    """Name the columns as `dataTable` of the pages takes them: `#` ends those of numbers."""
    left = len(table.columns) - table.numbers
    return [*table.columns[:left], *(f"{name}#" for name in table.columns[left:])]


def _side(run: Run) -> dict[str, Any]:
    return {
        "run": run.run,
        "begin": run.begin_ms,
        "outcome": say_verdict(run),
        "commit": run.commit,
        "labels": dict(run.labels),
    }


def _times(found: Comparison) -> list[tuple[str, float, float]]:
    before = {one.id: one for one in found.before.results if one.outcome is Outcome.PASSED}
    return [
        (one.id, old.elapsed_ms, one.elapsed_ms)
        for one in found.after.results
        if one.outcome is Outcome.PASSED
        and (old := before.get(one.id))
        and old.elapsed_ms is not None
        and one.elapsed_ms is not None
    ]
