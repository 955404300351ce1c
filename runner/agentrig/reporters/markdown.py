"""`summary.md`: a run on one page, as GitHub and GitLab show Markdown."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

from agentrig.events import Outcome
from agentrig.reporters._files import write_whole
from agentrig.reporters._json import encodable
from agentrig.reporters._markdown_text import code, fenced, table, text
from agentrig.reporters._places import place_of
from agentrig.reporters._text_budget import TextBudget
from agentrig.reporters._words import (
    say_duration,
    say_execution,
    say_iterations,
    say_latency,
    say_limit,
    say_number,
    say_source,
)
from agentrig.reporters.failure_text import render_cause, render_exchange
from agentrig.reporters.summary import outcome_of
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentrig.events import Planned, ScenarioFinished
    from agentrig.reporters.tally import Tally

__all__ = ["MARKDOWN_FILE", "MarkdownReporter", "render_brief", "render_markdown"]

MARKDOWN_FILE = "summary.md"

# GitHub shows no page of a step that is larger than 1 MiB. A character takes at most 5 bytes.
_TOTAL_TEXT, _EACH_TEXT, _LEAST_TEXT = 80_000, 6_000, 100
_IN_FULL, _IN_TABLE, _IN_LIST = 50, 100, 20
_SLOWEST = 5
_ICONS = {"passed": "✅", "failed": "❌", "interrupted": "⏹️", "empty": "⚪"}
_TITLES = {
    Outcome.FAILED: "❌ Failed",
    Outcome.ERROR: "⚠️ No verdict: infrastructure",
    Outcome.INTERRUPTED: "⏹️ Interrupted",
}


class MarkdownReporter(TallyReport):
    """Writes the page when the run is over."""

    def __init__(self, file: Path, tally: Tally | None = None) -> None:
        """Write to `file` on close."""
        super().__init__(tally)
        self._file = file

    def close(self) -> None:
        """Write the page."""
        write_whole(self._file, render_markdown(self.tally).encode())


def render_markdown(tally: Tally) -> str:
    """Render a run: counts, then what did not pass and why, flaky scenarios, the slowest."""
    parts = [
        *_head(tally),
        *_failures(tally),
        *_troubles(tally),
        *_limits(tally),
        *_flaky(tally),
        *_numbers(tally),
        *_slowest(tally),
    ]
    return encodable("\n\n".join(parts) + "\n")


def render_brief(tally: Tally) -> str:
    """Render the first lines alone."""
    return encodable("\n\n".join(_head(tally)) + "\n")


def _head(tally: Tally) -> Iterator[str]:
    outcome = outcome_of(tally.exit_code)
    yield f"## {_ICONS.get(outcome, '⚠️')} agentrig: {outcome}"
    spent = f" in {say_duration(tally.finished.elapsed_ms)}" if tally.finished else ""
    yield f"**{tally.sentence()}**{spent}"
    facts = [f"run {code(tally.run)}"]
    if started := tally.started:
        facts.append(f"namespace {code(started.namespace)}")
        facts += [f"{started.shards} shards"] if started.shards > 1 and not tally.shard else []
        facts += [f"shard {tally.shard}/{started.shards}"] if tally.shard else []
        facts += [f"commit {code(started.commit)}"] if started.commit else []
        facts += [f"from {text(say_source(started.source))}"] if started.source else []
        facts += [f"{text(name)} {code(value)}" for name, value in started.labels[:_IN_LIST]]
    yield " · ".join(facts)
    if tally.finished is None:
        yield "The run was killed: its journal has no end."
    elif tally.finished.message:
        yield fenced(TextBudget(_EACH_TEXT, each=_EACH_TEXT, least=0).cut(tally.finished.message))


def _failures(tally: Tally) -> Iterator[str]:
    budget = TextBudget(_TOTAL_TEXT, each=_EACH_TEXT, least=_LEAST_TEXT)
    room = _IN_FULL
    for outcome, title in _TITLES.items():
        found = [
            (planned, result)
            for planned in tally.planned.values()
            if (result := tally.results.get(planned.id)) and result.outcome is outcome
        ]
        if not found:
            continue
        yield f"### {title} ({len(found):,})"
        for planned, result in found[:room]:
            yield from _failure(tally, planned, result, budget)
        rows = [
            (text(planned.name), code(_where(tally, planned)), text(result.message or ""))
            for planned, result in found[room : room + _IN_TABLE]
        ]
        if rows:
            yield table(("scenario", "where", "why"), rows)
        if (left := len(found) - room - _IN_TABLE) > 0:
            yield f"and {left:,} more"
        room = max(0, room - len(found))
    if missing := tally.missing:
        yield f"### Not run ({len(missing):,})"
        yield _list([code(one) for one in missing[:_IN_LIST]], len(missing))


def _failure(
    tally: Tally, planned: Planned, result: ScenarioFinished, budget: TextBudget
) -> Iterator[str]:
    step = tally.bad_step(planned.id)
    yield f"#### {text(planned.name)}"
    yield code(_where(tally, planned))
    cause = render_cause(result, step)
    if cause:
        yield fenced(budget.cut(cause))
    earlier = [] if result.iterations else tally.executions.get(planned.id, [])
    if earlier:
        lines = [text(say_execution(one.finished)) for one in earlier[:_IN_LIST]]
        yield _list(lines, len(earlier))
    if exchange := render_exchange(step):
        yield "<details><summary>request and response</summary>"
        yield fenced(budget.cut(exchange), "http")
        yield "</details>"
    artifacts = tally.artifacts.get(planned.id, ())
    if artifacts:
        yield _list([code(one.path) for one in artifacts[:_IN_LIST]], len(artifacts))


def _where(tally: Tally, planned: Planned) -> str:
    return str(place_of(planned, tally.bad_step(planned.id)))


def _troubles(tally: Tally) -> Iterator[str]:
    if tally.troubles:
        yield f"### Trouble around the run ({len(tally.troubles):,})"
        lines = []
        for trouble in tally.troubles[:_IN_LIST]:
            end = " It cost no results." if trouble.overcome else ""
            hint = f" → {text(trouble.hint)}" if trouble.hint else ""
            head = f"**{text(trouble.reason)}** {text(trouble.where)}"
            lines.append(f"{head}: {text(trouble.message, 500)}{hint}{end}")
        yield _list(lines, len(tally.troubles))


def _limits(tally: Tally) -> Iterator[str]:
    if tally.limits:
        yield "### Limits of the run"
        lines = [
            ("❌ " if limit in tally.missed else "") + text(say_limit(limit))
            for limit in tally.limits[:_IN_LIST]
        ]
        yield _list(lines, len(tally.limits))


def _flaky(tally: Tally) -> Iterator[str]:
    if flaky := tally.flaky:
        yield f"### Flaky ({len(flaky):,})"
        rows = []
        for scenario in flaky[:_IN_LIST]:
            planned = tally.planned.get(scenario)
            earlier = tally.executions.get(scenario, ())
            why = say_execution(earlier[0].finished) if earlier else ""
            rows.append((text(planned.name if planned else scenario), code(scenario), text(why)))
        yield table(("passed on retry", "scenario", "why"), rows)
        if (left := len(flaky) - _IN_LIST) > 0:
            yield f"and {left:,} more"


def _numbers(tally: Tally) -> Iterator[str]:
    """Show iterations, and what tests have measured and left behind."""
    if tally.finished and (iterations := tally.finished.iterations):
        times = f"; steps: {say_latency(iterations.latency)}" if iterations.latency else ""
        yield f"In all {say_iterations(iterations)}{times}."
    metrics = [one for found in tally.metrics.values() for one in found]
    if metrics:
        yield f"### Metrics ({len(metrics):,})"
        rows = [
            (code(one.scenario), text(one.name), text(say_number(one.value, one.unit)))
            for one in metrics[:_IN_LIST]
        ]
        yield table(("scenario", "metric", "value"), rows)
        if (left := len(metrics) - _IN_LIST) > 0:
            yield f"and {left:,} more, in `summary.json`"


def _slowest(tally: Tally) -> Iterator[str]:
    timed = [
        (result.elapsed_ms, scenario)
        for scenario, result in tally.results.items()
        if result.elapsed_ms > 0 and scenario in tally.planned
    ]
    if len(timed) > 1:
        yield "<details><summary>The slowest</summary>"
        rows = [
            (code(scenario), say_duration(elapsed_ms))
            for elapsed_ms, scenario in nlargest(_SLOWEST, timed)
        ]
        yield table(("scenario", "time"), rows)
        yield "</details>"


def _list(lines: list[str], count: int) -> str:
    shown = [f"- {line}" for line in lines[:_IN_LIST]]
    if count > _IN_LIST:
        shown.append(f"- and {count - _IN_LIST:,} more")
    return "\n".join(shown)
