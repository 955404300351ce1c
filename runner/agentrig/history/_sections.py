"""A comparison as titles and tables, from which text, Markdown and a page are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.history._compare import NOISE_MS, NOTABLE
from agentrig.history._words import say_change, say_number, say_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agentrig.history._compare import Change, Comparison, Number

__all__ = ["Row", "Section", "headline", "sections", "totals"]


class Row(Struct, frozen=True, kw_only=True):
    """A line of a table: its cells, and what explains it."""

    cells: tuple[str, ...]
    note: str | None = None


class Section(Struct, frozen=True, kw_only=True):
    """A table with its title; `is_bad` says that it keeps the comparison from being good.

    The last `numbers` of its columns are of numbers.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers: int = 0
    is_bad: bool = False


def sections(found: Comparison) -> list[Section]:
    """Give the tables that have rows, the worst first."""
    noise = f"more than {NOTABLE:.0%} and {NOISE_MS:g} ms".replace("%", " %")
    share = f"more than {NOTABLE:.0%}".replace("%", " %")
    tables = [
        _changes("Newly failing", found.newly_failing, is_bad=True),
        _changes("Without a verdict now", found.lost, is_bad=True),
        _changes("Still failing", found.still_failing),
        _changes("Fixed", found.fixed),
        _changes("Flaky", found.flaky),
        _times(f"Slower, by {noise}", found.slower),
        _times(f"Faster, by {noise}", found.faster),
        _metrics(f"Metrics that changed, by {share}", found.metrics),
        _changes("Added", found.added),
        _changes("Removed", found.removed),
    ]
    return [one for one in tables if one.rows]


def headline(found: Comparison) -> str:
    """Say it in a line: `1 newly failing, 2 fixed, 40 as before`."""
    beyond = sum(one.is_beyond for one in (*found.slower, *found.metrics))
    counts = [
        (len(found.newly_failing), "newly failing"),
        (beyond, "beyond a limit"),
        (len(found.lost), "without a verdict now"),
        (len(found.still_failing), "still failing"),
        (len(found.fixed), "fixed"),
        (len(found.flaky), "flaky"),
        (len(found.slower), "slower"),
        (len(found.faster), "faster"),
        (len(found.added), "added"),
        (len(found.removed), "removed"),
    ]
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "no difference"


def totals(found: Comparison) -> Iterator[tuple[str, str, str, str]]:
    """Give the numbers of the whole runs: what, before, after, change."""
    for one in found.totals:
        change = ""
        if one.before and one.after is not None:
            change = say_change((one.after - one.before) / one.before)
        yield one.what, say_number(one.before, "ms"), say_number(one.after, "ms"), change


def _changes(title: str, changes: Iterable[Change], *, is_bad: bool = False) -> Section:
    rows = tuple(
        Row(
            cells=(one.scenario, say_outcome(one.before), say_outcome(one.after)),
            note=one.message,
        )
        for one in changes
    )
    return Section(title=title, columns=("Scenario", "Before", "After"), rows=rows, is_bad=is_bad)


def _times(title: str, times: tuple[Number, ...]) -> Section:
    return Section(
        title=title,
        columns=("Scenario", "Before", "After", "Change"),
        rows=tuple(Row(cells=(one.scenario, *_values(one))) for one in times),
        is_bad=any(one.is_beyond for one in times),
        numbers=3,
    )


def _metrics(title: str, metrics: tuple[Number, ...]) -> Section:
    return Section(
        title=title,
        columns=("Scenario", "Metric", "Before", "After", "Change"),
        rows=tuple(Row(cells=(one.scenario, one.what, *_values(one))) for one in metrics),
        is_bad=any(one.is_beyond for one in metrics),
        numbers=3,
    )


def _values(one: Number) -> tuple[str, str, str]:
    beyond = ", beyond the limit" if one.is_beyond else ""
    return (
        say_number(one.before, one.unit),
        say_number(one.after, one.unit),
        say_change(one.share) + beyond,
    )
