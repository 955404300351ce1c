"""Two runs side by side: what is worse, what is better, and what cannot be told.

Each side is one run, and most of its numbers were measured once: no test of significance can be
made of that. What counts as a change are thresholds, and they are called so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig.events import Outcome
from agentrig.history._trends import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentrig.history._run import Metric, Result, Run

__all__ = [
    "NOISE_MS",
    "NOTABLE",
    "Change",
    "Comparison",
    "Limits",
    "Number",
    "Total",
    "compare",
]

NOTABLE = 0.25
"""A time or a metric that differs by less than this share of its former value is not listed."""
NOISE_MS = 50.0
"""Times that differ by less than this are the network's."""

_VERDICTS = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED})


class Limits(Struct, frozen=True, kw_only=True):
    """How much worse numbers may be, as shares of what they were; None is any.

    `metric_drop` is for all scores, `metric_drops` for the metrics that it names.
    """

    slowdown: float | None = None
    metric_drop: float | None = None
    metric_drops: Mapping[str, float] = {}

    def drop_of(self, metric: Metric) -> float | None:
        """Give how far a metric may fall.

        Nobody says of a metric whether more of it is better. Unless it is named, those with a unit
        of time or size are taken for no scores.
        """
        is_score = metric.unit in {None, "", "%", "score", "ratio"}
        return self.metric_drops.get(metric.name, self.metric_drop if is_score else None)


class Change(Struct, frozen=True, kw_only=True):
    """A scenario whose outcome is worth telling; `before` and `after` are None where it was not."""

    scenario: str
    name: str
    before: Outcome | None
    after: Outcome | None
    message: str | None = None


class Number(Struct, frozen=True, kw_only=True):
    """A number of a scenario on both sides; `is_beyond` says that it breaks a limit."""

    scenario: str
    name: str
    what: str
    unit: str | None
    before: float
    after: float
    is_beyond: bool = False

    @property
    def share(self) -> float | None:
        """Give the change as a share of what it was; None for what was zero."""
        return (self.after - self.before) / abs(self.before) if self.before else None


class Total(Struct, frozen=True, kw_only=True):
    """A number of the whole run on both sides, over the scenarios that both have."""

    what: str
    before: float | None
    after: float | None


class Comparison(Struct, frozen=True, kw_only=True):
    """What differs between the runs `before` and `after`.

    `newly_failing` passed before, had no verdict or were not there; `lost` had a verdict and have
    none now; `flaky` passed only when they were executed again. `slower`, `faster` and `metrics`
    are the changes beyond the thresholds, the largest first.
    """

    before: Run
    after: Run
    newly_failing: tuple[Change, ...]
    fixed: tuple[Change, ...]
    still_failing: tuple[Change, ...]
    lost: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    flaky: tuple[Change, ...]
    slower: tuple[Number, ...]
    faster: tuple[Number, ...]
    metrics: tuple[Number, ...]
    totals: tuple[Total, ...]

    @property
    def exit_code(self) -> int:
        """1 if anything newly fails or breaks a limit, 3 if anything has lost its verdict, else 0."""
        beyond = any(one.is_beyond for one in (*self.slower, *self.metrics))
        if self.newly_failing or beyond:
            return 1
        return 3 if self.lost else 0


def compare(before: Run, after: Run, limits: Limits) -> Comparison:
    """Compare two runs by the ids of their scenarios."""
    old = {one.id: one for one in before.results}
    new = {one.id: one for one in after.results}
    both = [(old[one.id], one) for one in after.results if one.id in old]
    changes = [_change(old.get(one.id), one) for one in after.results]
    failing = [one for one in changes if one.after is Outcome.FAILED]
    times = _sorted(_times(both, limits))
    return Comparison(
        before=before,
        after=after,
        newly_failing=tuple(one for one in failing if one.before is not Outcome.FAILED),
        fixed=tuple(
            one for one in changes if one.before is Outcome.FAILED and one.after is Outcome.PASSED
        ),
        still_failing=tuple(one for one in failing if one.before is Outcome.FAILED),
        lost=tuple(
            one for one in changes if one.before in _VERDICTS and one.after not in _VERDICTS
        ),
        added=tuple(one for one in changes if one.before is None),
        removed=tuple(_change(one, None) for one in before.results if one.id not in new),
        flaky=tuple(_change(old.get(one.id), one) for one in after.results if one.flaky),
        slower=tuple(one for one in times if one.after > one.before),
        faster=tuple(one for one in times if one.after < one.before),
        metrics=tuple(_sorted(_metrics(both, limits))),
        totals=tuple(_totals(before, after, both)),
    )


def _change(before: Result | None, after: Result | None) -> Change:
    one = after or before
    assert one is not None  # noqa: S101  # a scenario stands on one of the sides
    name = (after.name if after else None) or (before.name if before else None)
    return Change(
        scenario=one.id,
        name=name or one.id,
        before=before.outcome if before else None,
        after=after.outcome if after else None,
        message=after.message if after else None,
    )


def _times(both: list[tuple[Result, Result]], limits: Limits) -> Iterator[Number]:
    """Compare the times of what passed on both sides: a failure is often quick, or a timeout."""
    notable = NOTABLE if limits.slowdown is None else min(NOTABLE, limits.slowdown)
    for old, new in both:
        if not (old.outcome is new.outcome is Outcome.PASSED):
            continue
        if old.elapsed_ms is None or new.elapsed_ms is None:
            continue
        difference = new.elapsed_ms - old.elapsed_ms
        if abs(difference) < NOISE_MS or abs(difference) <= notable * old.elapsed_ms:
            continue
        yield Number(
            scenario=new.id,
            name=new.name or new.id,
            what="time",
            unit="ms",
            before=old.elapsed_ms,
            after=new.elapsed_ms,
            is_beyond=(
                limits.slowdown is not None and difference > limits.slowdown * old.elapsed_ms
            ),
        )


def _metrics(both: list[tuple[Result, Result]], limits: Limits) -> Iterator[Number]:
    for old, new in both:
        former = {metric.name: metric for metric in old.metrics}
        for metric in new.metrics:
            before = former.get(metric.name)
            if before is None or metric.unit != before.unit:
                continue
            difference = metric.value - before.value
            drop = limits.drop_of(metric)
            notable = NOTABLE if drop is None else min(NOTABLE, drop)
            if abs(difference) > notable * abs(before.value):
                yield Number(
                    scenario=new.id,
                    name=new.name or new.id,
                    what=metric.name,
                    unit=metric.unit,
                    before=before.value,
                    after=metric.value,
                    is_beyond=drop is not None and -difference > drop * abs(before.value),
                )


def _sorted(numbers: Iterator[Number]) -> list[Number]:
    def size(one: Number) -> float:
        return float("inf") if one.share is None else abs(one.share)

    return sorted(numbers, key=lambda one: (not one.is_beyond, -size(one), one.scenario, one.what))


def _totals(before: Run, after: Run, both: list[tuple[Result, Result]]) -> Iterator[Total]:
    yield Total(what="run", before=before.elapsed_ms, after=after.elapsed_ms)
    times = [
        (old.elapsed_ms, new.elapsed_ms)
        for old, new in both
        if old.outcome is new.outcome is Outcome.PASSED
        and old.elapsed_ms is not None
        and new.elapsed_ms is not None
    ]
    for percent in (50, 95):
        yield Total(
            what=f"p{percent} of scenarios",
            before=percentile((old for old, _ in times), percent) if times else None,
            after=percentile((new for _, new in times), percent) if times else None,
        )
