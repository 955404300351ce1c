"""Runs in the order of time, turned over: what each scenario has done in all of them.

Runs are folded one by one and let go. What is kept of a result is its letter and its time.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from msgspec import Struct, field

from agentrig.history._verdicts import Flakiness, Standing, code_of, flakiness, passed_of, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentrig.history._run import Result, Run

__all__ = [
    "FLAKY_RUNS",
    "RECENT_RUNS",
    "RunPoint",
    "Scenario",
    "Series",
    "Trends",
    "percentile",
    "trends",
]

RECENT_RUNS = 10
"""What counts as lately: so many of the last runs."""
FLAKY_RUNS = 100
"""Of how many of its last runs a scenario's contradictions are counted: what was is forgotten."""

# The labels that say against what a run was; others, such as a build's number, differ each time.
_AGAINST = ("environment", "model")


class RunPoint(Struct, frozen=True, kw_only=True):
    """A run in the row of runs; `p50_ms` and `p95_ms` are of its scenarios' times.

    `letters` counts its outcomes by letter. `report` is as in `Run`.
    """

    run: str
    place: str
    begin_ms: int
    exit_code: int
    finished: bool
    elapsed_ms: float | None
    commit: str | None
    labels: tuple[tuple[str, str], ...]
    message: str | None
    report: str | None
    letters: dict[str, int]
    p50_ms: float | None
    p95_ms: float | None

    @property
    def pass_rate(self) -> float | None:
        """Give the share of its verdicts that are good; None if it has none."""
        good = self.letters.get("p", 0) + self.letters.get("k", 0)
        verdicts = good + self.letters.get("f", 0)
        return good / verdicts if verdicts else None


class Series(Struct, kw_only=True):
    """A metric of a scenario: its `values` in the runs whose places `runs` has."""

    unit: str | None = None
    runs: array[int] = field(default_factory=lambda: array("l"))
    values: array[float] = field(default_factory=lambda: array("d"))


class Scenario(Struct, kw_only=True):
    """A scenario in all runs that planned it: their places, its letters and times (NaN: unknown).

    `message` is why it failed last.
    """

    id: str
    name: str
    agent: str | None = None
    runs: array[int] = field(default_factory=lambda: array("l"))
    codes: str = ""
    elapsed_ms: array[float] = field(default_factory=lambda: array("d"))
    metrics: dict[str, Series] = field(default_factory=dict)
    message: str | None = None
    standing: Standing = field(default_factory=Standing)
    flakiness: Flakiness = field(default_factory=Flakiness)

    @property
    def pass_rate(self) -> float | None:
        """Give the share of its verdicts that are good; None if it has none."""
        good = self.codes.count("p") + self.codes.count("k")
        verdicts = good + self.codes.count("f")
        return good / verdicts if verdicts else None

    @property
    def times_ms(self) -> list[float]:
        """Give the times of its executions that had a verdict, in the order of runs."""
        return [
            elapsed
            for code, elapsed in zip(self.codes, self.elapsed_ms, strict=True)
            if passed_of(code) is not None and elapsed == elapsed  # noqa: PLR0124  # no NaN
        ]

    @property
    def since(self) -> int | None:
        """Give the place of the run in which its standing began."""
        return None if self.standing.since is None else self.runs[self.standing.since]

    @property
    def before(self) -> int | None:
        """Give the place of the last run in which it was otherwise."""
        return None if self.standing.before is None else self.runs[self.standing.before]

    @property
    def last(self) -> int | None:
        """Give the place of the last run in which it had a verdict."""
        for place in range(len(self.codes) - 1, -1, -1):
            if passed_of(self.codes[place]) is not None:
                return self.runs[place]
        return None


class Trends(Struct, frozen=True, kw_only=True):
    """All runs, the oldest first, and all scenarios, in the order of their ids."""

    runs: tuple[RunPoint, ...]
    scenarios: tuple[Scenario, ...]

    @property
    def last(self) -> int:
        """Give the place of the last run that has ended, of the last one if none has."""
        ended = (place for place, run in enumerate(self.runs) if run.finished)
        return max(ended, default=len(self.runs) - 1)

    def mixed(self) -> dict[str, list[str]]:
        """Give the labels that say against what runs were, if not all were against the same."""
        found = {
            name: sorted({dict(run.labels).get(name, "") for run in self.runs}) for name in _AGAINST
        }
        return {name: values for name, values in found.items() if len(values) > 1}

    def failing(self) -> list[Scenario]:
        """Give the scenarios that fail, those that have failed for the shortest time first."""
        return self._by_since([one for one in self.scenarios if one.standing.passed is False])

    def newly_failing(self) -> list[Scenario]:
        """Give those that fail and passed before, those that broke last first."""
        return [one for one in self.failing() if one.before is not None]

    def newly_fixed(self) -> list[Scenario]:
        """Give those that passed again within the last `RECENT_RUNS`."""
        fixed = (
            one
            for one in self.scenarios
            if one.standing.passed and one.before is not None and self._is_recent(one.since)
        )
        return self._by_since(list(fixed))

    def flakiest(self) -> list[Scenario]:
        """Give the scenarios that contradict themselves, the most often first."""
        flaky = [one for one in self.scenarios if one.flakiness.is_flaky]
        return sorted(flaky, key=lambda one: (-one.flakiness.rate, -one.flakiness.verdicts, one.id))

    def slowest(self) -> list[tuple[Scenario, float]]:
        """Give scenarios with the median of their last `RECENT_RUNS` times, the slowest first."""
        medians = [
            (one, percentile(times[-RECENT_RUNS:], 50))
            for one in self.scenarios
            if (times := one.times_ms)
        ]
        return sorted(medians, key=lambda one: (-one[1], one[0].id))

    def never_run_lately(self) -> list[Scenario]:
        """Give those that had no verdict in the last `RECENT_RUNS`, if there are more runs."""
        if len(self.runs) <= RECENT_RUNS:
            return []
        return [one for one in self.scenarios if not self._is_recent(one.last)]

    def _is_recent(self, run: int | None) -> bool:
        return run is not None and run >= len(self.runs) - RECENT_RUNS

    def _by_since(self, scenarios: Sequence[Scenario]) -> list[Scenario]:
        return sorted(scenarios, key=lambda one: (-(one.since or 0), one.id))


def trends(runs: Iterable[Run]) -> Trends:
    """Turn runs over; they come in the order of time."""
    points: list[RunPoint] = []
    groups: list[tuple[str, ...] | None] = []
    scenarios: dict[str, Scenario] = {}
    letters: dict[str, list[str]] = {}
    for place, run in enumerate(runs):
        for result in run.results:
            scenario = scenarios.get(result.id)
            if scenario is None:
                scenario = scenarios[result.id] = Scenario(id=result.id, name=result.id)
                letters[result.id] = []
            letters[result.id].append(_receive(scenario, place, result))
        points.append(_point(run))
        groups.append(_group(run))
    for scenario in scenarios.values():
        scenario.codes = "".join(letters.pop(scenario.id))
        scenario.standing = standing(scenario.codes)
        scenario.flakiness = flakiness(
            scenario.codes[-FLAKY_RUNS:], [groups[one] for one in scenario.runs[-FLAKY_RUNS:]]
        )
    ordered = sorted(scenarios.values(), key=lambda one: one.id)
    return Trends(runs=tuple(points), scenarios=tuple(ordered))


def percentile(values: Iterable[float], percent: float) -> float:
    """Give the nearest-rank percentile of values, of which there has to be one."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]


def _receive(scenario: Scenario, place: int, result: Result) -> str:
    code = code_of(result.outcome, flaky=result.flaky)
    scenario.runs.append(place)
    scenario.elapsed_ms.append(float("nan") if result.elapsed_ms is None else result.elapsed_ms)
    scenario.name = result.name or scenario.name
    scenario.agent = result.agent or scenario.agent
    if code == "f":
        scenario.message = result.message
    for metric in result.metrics:
        series = scenario.metrics.setdefault(metric.name, Series())
        series.unit = metric.unit or series.unit
        series.runs.append(place)
        series.values.append(metric.value)
    return code


def _point(run: Run) -> RunPoint:
    letters: dict[str, int] = {}
    times: list[float] = []
    for result in run.results:
        code = code_of(result.outcome, flaky=result.flaky)
        letters[code] = letters.get(code, 0) + 1
        if result.elapsed_ms is not None and passed_of(code) is not None:
            times.append(result.elapsed_ms)
    return RunPoint(
        run=run.run,
        place=run.place,
        begin_ms=run.begin_ms,
        exit_code=run.exit_code,
        finished=run.finished,
        elapsed_ms=run.elapsed_ms,
        commit=run.commit,
        labels=run.labels,
        message=run.message,
        report=run.report,
        letters=letters,
        p50_ms=percentile(times, 50) if times else None,
        p95_ms=percentile(times, 95) if times else None,
    )


def _group(run: Run) -> tuple[str, ...] | None:
    """Say with which other runs this one is to agree; None if nobody knows its commit."""
    if run.commit is None:
        return None
    labels = dict(run.labels)
    return (run.commit, *(labels.get(name, "") for name in _AGAINST))
