"""The pages of history: one file that needs no server, whose views have links of their own.

It holds all points, up to `MOST_POINTS`: of 200 scenarios in 1,000 runs some 2 MB. Beyond, each
scenario keeps its latest ones; what is counted is counted over all of them.
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from agentrig.history._trends import FLAKY_RUNS, RECENT_RUNS, percentile
from agentrig.history._trends_text import trends_text
from agentrig.history._words import say_verdict
from agentrig.pages import CHARTS, Page, PageData

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agentrig.history._trends import RunPoint, Scenario, Series, Trends

__all__ = ["ASSETS", "site", "site_page"]

ASSETS = Path(__file__).with_name("assets")
MOST_POINTS = 2_000_000
_FEWEST = 20
_SLOWEST = 10
_SCRIPTS = tuple(
    ASSETS / f"{name}.js"
    for name in ("tables", "model", "parts", "overview", "lists", "details", "app")
)


def site(
    found: Trends, problems: Sequence[str], *, reports: str | None, filtered: str = ""
) -> Iterator[bytes]:
    """Give the page in pieces.

    `reports` is the address below which the reports of runs are found, None if they are not;
    `filtered` says which runs were asked for.
    """
    encode = msgspec.json.Encoder().encode
    data = PageData()
    data.add(encode(_head(found, problems, filtered)))
    for run in found.runs:
        data.add(encode(_run(run, reports)))
    points = sum(len(one.codes) for one in found.scenarios)
    most = len(found.runs)
    if points > MOST_POINTS:
        most = max(_FEWEST, MOST_POINTS // len(found.scenarios))
    for scenario in found.scenarios:
        data.add(encode(_scenario(scenario, most)))
    yield from site_page(trends_text(found, problems, colour=False)).pieces(data)


def site_page(text: str = "") -> Page:
    """Give the page without its data; `text` is what is read where there is no JavaScript."""
    return Page(
        title="agentrig history",
        styles=(ASSETS / "history.css",),
        scripts=(*CHARTS, *_SCRIPTS),
        without_script=f"<pre>{escape(text)}</pre>",
    )


def _head(found: Trends, problems: Sequence[str], filtered: str) -> dict[str, Any]:
    places = {one.id: place for place, one in enumerate(found.scenarios)}

    def of(scenarios: Iterable[Scenario]) -> list[int]:
        return [places[one.id] for one in scenarios]

    return {
        "title": "agentrig history",
        "filter": filtered,
        "runs": len(found.runs),
        "last": found.last,
        "recent": RECENT_RUNS,
        "flaky_runs": FLAKY_RUNS,
        "mixed": found.mixed(),
        "newly_failing": of(found.newly_failing()),
        "always_failing": of(one for one in found.failing() if one.before is None),
        "fixed": of(found.newly_fixed()),
        "flakiest": of(found.flakiest()),
        "slowest": [
            [places[one.id], _short(median), _short(_earlier(one))]
            for one, median in found.slowest()[:_SLOWEST]
        ],
        "absent": of(found.never_run_lately()),
        "problems": list(problems),
    }


def _earlier(one: Scenario) -> float | None:
    """Give the median of the times before the latest ones."""
    times = one.times_ms[:-RECENT_RUNS][-RECENT_RUNS:]
    return percentile(times, 50) if times else None


def _run(run: RunPoint, reports: str | None) -> dict[str, Any]:
    has_report = run.report is not None and reports is not None
    return {
        "run": run.run,
        "begin": run.begin_ms,
        "outcome": say_verdict(run),
        "ms": _short(run.elapsed_ms),
        "commit": run.commit,
        "labels": dict(run.labels),
        "message": run.message,
        "report": f"{reports}{quote(run.report or '')}" if has_report else None,
        "letters": run.letters,
        "rate": run.pass_rate,
        "p50": _short(run.p50_ms),
        "p95": _short(run.p95_ms),
    }


def _scenario(one: Scenario, most: int) -> dict[str, Any]:
    times = one.times_ms
    cut = max(0, len(one.codes) - most)
    return {
        "id": one.id,
        "name": one.name,
        "agent": one.agent,
        "passed": one.standing.passed,
        "since": one.since,
        "before": one.before,
        "last": one.last,
        "message": one.message,
        "rate": one.pass_rate,
        "verdicts": one.flakiness.verdicts,
        "flips": one.flakiness.flips,
        "retried": one.flakiness.retried,
        "changes": one.flakiness.changes,
        "flakiness": one.flakiness.rate,
        "p50": _short(percentile(times, 50)) if times else None,
        "p95": _short(percentile(times, 95)) if times else None,
        "cut": cut,
        "steps": _steps(one.runs[cut:]),
        "codes": one.codes[cut:],
        "ms": [_short(time) for time in one.elapsed_ms[cut:]],
        "metrics": [_metric(name, series, most) for name, series in one.metrics.items()],
    }


def _metric(name: str, series: Series, most: int) -> dict[str, Any]:
    return {
        "name": name,
        "unit": series.unit,
        "steps": _steps(series.runs[-most:]),
        "values": [_short(value, digits=4) for value in series.values[-most:]],
    }


def _steps(places: Sequence[int]) -> list[int]:
    """Give distances instead of places: nearly all are 1, and take no room once compressed."""
    return [place - before for before, place in zip([0, *places], places, strict=False)]


def _short(value: float | None, *, digits: int = 3) -> float | None:
    """Cut a number to the digits that a chart can show."""
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded
