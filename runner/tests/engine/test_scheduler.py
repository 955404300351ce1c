"""The scheduler in a real event loop, with executions that a test steers; nothing sleeps."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentrig.engine import PlannedScenario, ScenarioResult, Schedule, plan_scenario
from agentrig.engine._scheduler import Scheduler
from agentrig.events import (
    Event,
    ExecutionFinished,
    Outcome,
    RunProgressed,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
)
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from agentrig.engine._step_run import EventT

    Act = Callable[[str, int], Awaitable[Outcome]]


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> PlannedScenario:
    """A planned scenario that others are made from."""
    file: Path = tmp_path_factory.mktemp("plan") / "a.yaml"
    file.write_text("name: a\nsteps: [{endpoint: 'http://x', path: /}]\n")
    (scenario,) = load_scenarios(file, step_kinds(), path="a.yaml", endpoints=())
    return plan_scenario(scenario, scenario_id="a.yaml")


class World:
    """A scheduler, what it is to execute, and what it said."""

    def __init__(self, plain: PlannedScenario, act: Act, schedule: Schedule | None = None) -> None:
        self._plain = plain
        self._act = act
        self._schedule = schedule or Schedule()
        self.plan: list[PlannedScenario] = []
        self.events: list[Event] = []
        self.results: dict[str, ScenarioResult] = {}
        self.begun: list[str] = []
        self.running: list[str] = []
        self.now = 0.0
        self.scheduler: Scheduler

    def add(
        self,
        name: str,
        *,
        locks: tuple[str, ...] = (),
        serial: bool = False,
        skip: str | None = None,
        xfail: str | None = None,
    ) -> None:
        scenario = replace(self._plain.scenario, locks=locks, serial=serial, skip=skip, xfail=xfail)
        planned = replace(self._plain.planned, id=name)
        self.plan.append(PlannedScenario(planned=planned, scenario=scenario))

    def run(self) -> dict[str, Outcome]:
        def publish(event: EventT) -> EventT:
            self.events.append(event)
            return event

        def settle(name: str, result: ScenarioResult) -> None:
            assert name not in self.results, "settled twice"
            self.results[name] = result

        async def main() -> None:
            self.scheduler = Scheduler(
                self.plan,
                self._schedule,
                publish=publish,
                settle=settle,
                clock=lambda: self.now,
            )
            await self.scheduler.run(self._execute)

        asyncio.run(main())
        return self.outcomes()

    def outcomes(self) -> dict[str, Outcome]:
        return {name: result.finished.outcome for name, result in self.results.items()}

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    async def _execute(self, planned: PlannedScenario) -> ScenarioResult:
        name, number = planned.id, self.begun.count(planned.id) + 1
        self.begun.append(name)
        self.running.append(name)
        publish = self.scheduler.publish
        publish(ScenarioStarted(scenario=name))
        outcome, message = Outcome.INTERRUPTED, None
        try:
            outcome = await self._act(name, number)
            message = None if outcome is Outcome.PASSED else f"{outcome} at {number}"
            step = StepFinished(
                scenario=name, step=0, name="s", outcome=outcome, elapsed_ms=10.0 * number
            )
            publish(step)
        finally:
            self.running.remove(name)
            finished = ScenarioFinished(
                scenario=name, outcome=outcome, elapsed_ms=5.0, message=message
            )
            publish(finished)
        return ScenarioResult(finished=finished, step=step)


async def passes(_name: str, _number: int) -> Outcome:
    await asyncio.sleep(0)
    return Outcome.PASSED


def acting(answers: dict[str, str]) -> Act:
    """Answer by a letter for each execution: p, f, e; the last one holds for all later ones."""
    words = {"p": Outcome.PASSED, "f": Outcome.FAILED, "e": Outcome.ERROR}

    async def act(name: str, number: int) -> Outcome:
        await asyncio.sleep(0)
        letters = answers.get(name, "p")
        return words[letters[min(number, len(letters)) - 1]]

    return act


def world(plain: PlannedScenario, answers: dict[str, str], **schedule: float) -> World:
    one = World(plain, acting(answers), Schedule(**schedule))  # type: ignore[arg-type]  # numbers of either kind
    for name in answers:
        one.add(name)
    return one


PLANS = st.lists(
    st.tuples(st.frozensets(st.sampled_from("abc"), max_size=2), st.sampled_from([0, 0, 0, 1])),
    max_size=12,
)


@given(PLANS, st.integers(1, 5), st.integers())
def test_locks_and_serial_hold_whatever_the_timing(
    plain: PlannedScenario,
    plan: list[tuple[frozenset[str], int]],
    concurrency: int,
    seed: int,
) -> None:
    rng = random.Random(seed)

    async def act(name: str, _number: int) -> Outcome:
        for _ in range(rng.randrange(6)):
            await asyncio.sleep(0)
            running = [plan[int(one)] for one in one_world.running]
            held = [lock for locks, _ in running for lock in locks]
            assert len(held) == len(set(held)), "two hold the same lock"
            assert len(running) <= concurrency
            assert len(running) == 1 or not any(serial for _, serial in running), name
        return Outcome.PASSED

    one_world = World(plain, act, Schedule(concurrency=concurrency))
    for number, (locks, serial) in enumerate(plan):
        one_world.add(str(number), locks=tuple(locks), serial=bool(serial))
    outcomes = one_world.run()
    assert outcomes == {str(number): Outcome.PASSED for number in range(len(plan))}
    assert sorted(one_world.begun, key=int) == [str(number) for number in range(len(plan))]


def test_scenarios_that_run_alone_come_last(plain: PlannedScenario) -> None:
    one = World(plain, passes)
    one.add("a", serial=True)
    one.add("b")
    one.add("c", serial=True)
    one.add("d")
    one.run()
    assert one.begun == ["b", "d", "a", "c"]


def test_a_skipped_scenario_is_told_and_not_executed(plain: PlannedScenario) -> None:
    one = World(plain, passes)
    one.add("a", skip="needs a GPU")
    one.add("b")
    assert one.run() == {"a": Outcome.SKIPPED, "b": Outcome.PASSED}
    assert one.begun == ["b"]
    assert one.results["a"].finished.message == "needs a GPU"


@pytest.mark.parametrize(
    ("letter", "outcome", "message"),
    [
        ("f", Outcome.SKIPPED, "expected to fail: bug 7"),
        ("p", Outcome.FAILED, "expected to fail (bug 7), but passed: take 'xfail' away"),
        ("e", Outcome.ERROR, "error at 1"),
    ],
)
@pytest.mark.parametrize("retries", [0, 2])
def test_expected_failures(
    plain: PlannedScenario, letter: str, outcome: Outcome, message: str, retries: int
) -> None:
    one = World(plain, acting({"a": letter}), Schedule(retry_failed=retries))
    one.add("a", xfail="bug 7")
    assert one.run() == {"a": outcome}
    executions = 1 + retries if letter == "e" else 1
    assert len(one.begun) == executions
    assert one.results["a"].finished.message == message.replace("at 1", f"at {executions}")


def test_the_nth_failure_stops_the_run_at_once(plain: PlannedScenario) -> None:
    letters = {"a": Outcome.PASSED, "b": Outcome.FAILED, "c": Outcome.ERROR}
    torn_down: list[str] = []

    async def act(name: str, _number: int) -> Outcome:
        if name in letters:
            return letters[name]
        try:
            await asyncio.Event().wait()
        finally:
            torn_down.append(name)
        raise AssertionError

    one = World(plain, act, Schedule(concurrency=4, maxfail=2))
    for name in "axbcyzw":
        one.add(name)
    outcomes = one.run()
    # The places of a and b may be taken at once, that of c may not.
    begun = set(one.begun) & set("yz")
    rest = {name: Outcome.INTERRUPTED if name in begun else Outcome.NOT_RUN for name in "yzw"}
    assert outcomes == {**letters, "x": Outcome.INTERRUPTED, **rest}
    assert "w" not in one.begun
    assert "x" in torn_down
    messages = {one.results[name].finished.message for name in "xyzw"}
    assert messages == {"stopped after 2 failures"}


def test_scenarios_that_wait_for_nothing_let_others_go_on(plain: PlannedScenario) -> None:
    at: list[int] = []

    async def act(name: str, _number: int) -> Outcome:
        if name == "slow":
            for _ in range(5):
                await asyncio.sleep(0)
                at.append(len(one.begun))
        return Outcome.PASSED

    one = World(plain, act, Schedule(concurrency=2))
    one.add("slow")
    for number in range(100):
        one.add(str(number))
    one.run()
    assert len(one.results) == 101
    assert at[-1] < 100


def test_scenarios_that_wait_for_nothing_begin_in_the_order_of_the_plan(
    plain: PlannedScenario,
) -> None:
    async def act(_name: str, _number: int) -> Outcome:
        return Outcome.PASSED

    one = World(plain, act, Schedule(concurrency=4))
    names = [str(number) for number in range(20)]
    for name in names:
        one.add(name)
    one.run()
    assert one.begun == names


def test_the_place_of_one_that_ended_is_taken_before_others_go_on(plain: PlannedScenario) -> None:
    order: list[str] = []

    async def act(name: str, _number: int) -> Outcome:
        order.append(f"{name} begins")
        await asyncio.sleep(0)
        order.append(f"{name} ends")
        return Outcome.PASSED

    one = World(plain, act, Schedule(concurrency=2))
    for name in "abcd":
        one.add(name)
    one.run()
    assert order[2:6] == ["a ends", "c begins", "b ends", "d begins"]


def test_failed_scenarios_are_retried_behind_all_others(plain: PlannedScenario) -> None:
    one = world(plain, {"a": "fp", "b": "ff", "c": "p", "d": "ep"}, concurrency=1, retry_failed=1)
    assert one.run() == {
        "a": Outcome.PASSED,
        "b": Outcome.FAILED,
        "c": Outcome.PASSED,
        "d": Outcome.PASSED,
    }
    assert one.begun == ["a", "b", "c", "d", "a", "b", "d"]
    assert {name: one.results[name].finished.flaky for name in "abcd"} == {
        "a": True,
        "b": False,
        "c": False,
        "d": True,
    }
    told = [
        (event.scenario, event.number, event.outcome, event.message)
        for event in one.of(ExecutionFinished)
        if isinstance(event, ExecutionFinished)
    ]
    assert told == [
        ("a", 1, "failed", "failed at 1"),
        ("b", 1, "failed", "failed at 1"),
        ("d", 1, "error", "error at 1"),
    ]
    for kind in (ScenarioStarted, ScenarioFinished):
        assert len(one.of(kind)) == 4


def test_what_waits_for_its_retry_has_failed_when_the_run_stops(plain: PlannedScenario) -> None:
    """-x counts those that are not executed again."""
    one = world(plain, {"a": "ff", "b": "fp", "c": "f"}, concurrency=1, retry_failed=1, maxfail=1)
    outcomes = one.run()
    assert one.begun == ["a", "b", "c", "a"]
    assert outcomes == dict.fromkeys("abc", Outcome.FAILED)


def test_repeated_scenarios_take_turns_and_are_told_once(plain: PlannedScenario) -> None:
    one = world(plain, {"a": "p", "b": "pfep", "c": "p"}, concurrency=2, repeat=5)
    assert one.run() == {"a": Outcome.PASSED, "b": Outcome.FAILED, "c": Outcome.PASSED}
    assert {name: one.begun.count(name) for name in "abc"} == dict.fromkeys("abc", 5)
    assert set(one.begun[:3]) == set("abc")
    finished = one.results["b"].finished
    assert finished.message == "2 of 5 iterations did not pass, the first was number 2: failed at 2"
    assert finished.iterations is not None
    counts = finished.iterations
    assert (counts.total, counts.passed, counts.failed, counts.errors) == (5, 3, 1, 1)
    assert counts.latency is not None
    assert counts.latency.max_ms == 50.0
    assert counts.latency.p50_ms == pytest.approx(20.0, rel=0.02)
    (first,) = one.of(ExecutionFinished)
    assert isinstance(first, ExecutionFinished)
    assert (first.number, first.message) == (2, "failed at 2")
    # Of the steps, only those of the first failure are told.
    assert [one.scenario for one in one.of(StepFinished) if isinstance(one, StepFinished)] == ["b"]
    assert len(one.of(ScenarioFinished)) == len(one.of(ScenarioStarted)) == 3
    assert one.scheduler.counts.read().total == 15


def test_a_repetition_ends_with_its_time_and_each_ran_once(plain: PlannedScenario) -> None:
    async def act(_name: str, _number: int) -> Outcome:
        one.now += 1.0
        await asyncio.sleep(0)
        return Outcome.PASSED

    one = World(plain, act, Schedule(concurrency=1, repeat_for_s=5.0))
    for name in "abc":
        one.add(name)
    one.run()
    assert one.begun == ["a", "b", "c", "a", "b"]
    late = World(plain, passes, Schedule(concurrency=1, repeat_for_s=0.0))
    for name in "abc":
        late.add(name)
    late.run()
    assert late.begun == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("answers", "rate", "outcomes"),
    [
        ({"a": "pfp", "b": "p"}, 0.2, {"a": Outcome.PASSED, "b": Outcome.PASSED}),
        ({"a": "pep", "b": "p"}, 0.2, {"a": Outcome.PASSED, "b": Outcome.PASSED}),
        ({"a": "pfp", "b": "p"}, 0.1, {"a": Outcome.FAILED, "b": Outcome.PASSED}),
        # One that never passed is broken, however small its share.
        ({"a": "f", "b": "p"}, 0.9, {"a": Outcome.FAILED, "b": Outcome.PASSED}),
    ],
)
def test_failed_iterations_within_the_limit_are_tolerated(
    plain: PlannedScenario, answers: dict[str, str], rate: float, outcomes: dict[str, Outcome]
) -> None:
    one = world(plain, answers, repeat=4, error_rate=rate)
    assert one.run() == outcomes
    if outcomes["a"] is Outcome.PASSED:
        message = "1 of 4 iterations did not pass, within error_rate 0.2"
        assert one.results["a"].finished.message == message


def test_the_first_failure_stops_a_repetition_when_asked(plain: PlannedScenario) -> None:
    one = world(plain, {"a": "ppf", "b": "p"}, concurrency=1, repeat=50, maxfail=1, error_rate=1.0)
    assert one.run() == {"a": Outcome.FAILED, "b": Outcome.PASSED}
    assert one.begun == ["a", "b", "a", "b", "a"]


def test_stopped_and_aborted_while_tasks_have_not_begun(plain: PlannedScenario) -> None:
    async def act(_name: str, _number: int) -> Outcome:
        one.scheduler.stop()
        one.scheduler.abort()
        await asyncio.sleep(0)
        raise AssertionError

    one = World(plain, act, Schedule(concurrency=8))
    for name in "abcdefghij":
        one.add(name)
    outcomes = one.run()
    assert outcomes.pop("a") is Outcome.INTERRUPTED
    assert set(outcomes.values()) == {Outcome.NOT_RUN}


def test_memory_does_not_grow_with_iterations(plain: PlannedScenario) -> None:
    import gc  # noqa: PLC0415

    sizes = []

    async def act(_name: str, number: int) -> Outcome:
        if number in {200, 2_000}:
            gc.collect()
            sizes.append(len(gc.get_objects()))
        return Outcome.FAILED if number % 3 else Outcome.PASSED

    one = World(plain, act, Schedule(repeat=2_000))
    one.begun = _Few()
    one.add("a")
    one.run()
    assert len(one.events) < 10
    assert sizes[1] - sizes[0] < 100


class _Few(list[str]):
    """Counts what is appended, and keeps none of it."""

    def __init__(self) -> None:
        super().__init__()
        self._counted = 0

    def append(self, _: str) -> None:
        self._counted += 1

    def count(self, _: object) -> int:
        return self._counted


def test_a_repetition_says_where_it_stands(
    plain: PlannedScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentrig.engine._scheduler.PROGRESS_EVERY_S", 0)

    async def act(_name: str, _number: int) -> Outcome:
        one.now += 1.0
        for _ in range(3):
            await asyncio.sleep(0)
        return Outcome.PASSED

    one = World(plain, act, Schedule(repeat=3))
    one.add("a")
    one.run()
    said = [event for event in one.events if isinstance(event, RunProgressed)]
    assert said
    totals = [event.iterations.total for event in said]
    assert totals == sorted(totals)
    assert said[-1].elapsed_ms <= 3_000


def test_steps_of_expected_failures_are_not_told_of_a_later_surprise(
    plain: PlannedScenario,
) -> None:
    one = World(plain, acting({"a": "fffp"}), Schedule(repeat=6))
    one.add("a", xfail="bug 7")
    assert one.run() == {"a": Outcome.FAILED}
    assert one.of(StepFinished) == []
    counts = one.results["a"].finished.iterations
    assert counts is not None
    assert (counts.total, counts.passed, counts.failed) == (6, 0, 3)
