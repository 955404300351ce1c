"""The page of a run: its files, what it says of the run, and what it says without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentrig.events import Outcome
from agentrig.pages import CHARTS, Page, escape
from agentrig.reporters._words import say_duration
from agentrig.reporters.summary import outcome_of, summarise_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.reporters.tally import Tally

__all__ = ["report_page", "run_of"]

ASSETS = Path(__file__).with_name("assets")

_STYLES = (ASSETS / "report.css",)
# What is drawn first comes last: each file uses those before it.
_SCRIPTS = tuple(
    ASSETS / f"{name}.js"
    for name in (
        *("model", "causes", "filters", "state", "text", "exchange", "steps", "detail"),
        *("list", "head", "plots", "views", "app"),
    )
)
# Without scripts, enough to see what is wrong.
_SHOWN = 50

_BAD = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.INTERRUPTED})


def run_of(tally: Tally, left_out: Mapping[str, int]) -> dict[str, Any]:
    """Give what the page says of the run as a whole: the summary's words, and `left_out`."""
    return {
        **summarise_run(tally),
        "sentence": tally.sentence(),
        "python": tally.started.python_version if tally.started else None,
        "left_out": left_out,
    }


def report_page(tally: Tally) -> Page:
    """Put the page of a run together."""
    return Page(
        title=f"{outcome_of(tally.exit_code)}: run {tally.run}",
        styles=_STYLES,
        scripts=(*CHARTS, *_SCRIPTS),
        without_script="\n".join(_without_script(tally)),
    )


def _without_script(tally: Tally) -> Iterator[str]:
    yield f"<h1>Run {escape(tally.run)}: {escape(outcome_of(tally.exit_code))}</h1>"
    took = f" in {say_duration(tally.finished.elapsed_ms)}" if tally.finished else ""
    yield f"<p>{escape(tally.sentence())}{took}. Exit code {tally.exit_code}.</p>"
    if tally.finished and tally.finished.message:
        yield f"<p>{escape(tally.finished.message)}</p>"
    for trouble in tally.troubles:
        hint = f" ({trouble.hint})" if trouble.hint else ""
        yield f"<p>{escape(f'{trouble.reason}, {trouble.where}: {trouble.message}{hint}')}</p>"
    bad = [(name, one) for name, one in tally.results.items() if one.outcome in _BAD]
    if bad:
        yield "<ul>"
        for name, result in bad[:_SHOWN]:
            first, *_ = (result.message or "").splitlines() or [""]
            yield f"<li>{escape(f'{result.outcome}: {name}: {first}')}</li>"
        yield "</ul>"
    more = f"{len(bad) - _SHOWN} more are in" if len(bad) > _SHOWN else "All results are in"
    yield (
        f'<p>This page needs JavaScript to show each scenario. {more} <a href="junit.xml">junit.xml'
        '</a> and <a href="summary.json">summary.json</a>.</p>'
    )
