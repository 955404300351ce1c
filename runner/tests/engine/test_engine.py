"""The engine itself: many scenarios at once, each with its own result, in the plan's order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from agentrig.engine import Engine, PlannedScenario, Schedule, check_targets, plan_scenario
from agentrig.errors import AgentrigError, UsageError
from agentrig.events import (
    Event,
    Outcome,
    Record,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds
from agentrig.stream import EventStream
from agentrig.targets import Resolver, target_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig


class Kept:
    """A reporter that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.changed = threading.Condition()

    def receive(self, record: Record) -> None:
        with self.changed:
            self.records.append(record)
            self.changed.notify_all()

    def close(self) -> None:
        pass

    def of(self, scenario: str) -> list[Event]:
        return [
            one.event for one in self.records if getattr(one.event, "scenario", None) == scenario
        ]


class Running:
    """An engine, its plan and its events."""

    def __init__(
        self, rig: Rig, names: list[str], *, concurrency: int, kept: Kept | None = None
    ) -> None:
        self.kept = kept or Kept()
        settings = target_settings()
        self.plan = [self._plan(rig, name) for name in names]
        self.engine = Engine(
            self.plan,
            stream=EventStream(run="r", reporters=[self.kept]),
            resolver=Resolver(settings),
            schedule=Schedule(concurrency=concurrency),
        )

    @staticmethod
    def _plan(rig: Rig, name: str) -> PlannedScenario:
        (scenario,) = load_scenarios(
            rig.folder / f"{name}.yaml", step_kinds(), path=f"{name}.yaml", endpoints={"proxy"}
        )
        return plan_scenario(scenario, scenario_id=name)

    def outcome(self, name: str) -> Outcome:
        return self.engine.result(name).finished.outcome

    def outcomes(self) -> list[Outcome]:
        return [self.outcome(planned.id) for planned in self.plan]


class Start:
    """Starts engines, and stops them after the test."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.made: list[Running] = []

    def __call__(self, names: list[str], *, concurrency: int = 16) -> Running:
        running = Running(self._rig, names, concurrency=concurrency)
        self.made.append(running)
        running.engine.start()
        return running


@pytest.fixture(params=["asyncio", "uvloop"])
def run(
    rig: Rig, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    least = 0 if request.param == "uvloop" else 1_000_000
    monkeypatch.setattr("agentrig.engine._loop.LARGE_STEPS", least)
    start = Start(rig)
    yield start
    for one in start.made:
        one.engine.stop()


def write(rig: Rig, count: int, *paths: str) -> list[str]:
    names = [f"s{number:04}" for number in range(count)]
    for name in names:
        rig.scenario(name, *paths)
    return names


def test_scenarios_overlap(rig: Rig, agent: AgentServer, run: Start) -> None:
    running = run(write(rig, 12, "/hold"))
    agent.wait_for(12)
    agent.release()
    assert set(running.outcomes()) == {Outcome.PASSED}
    assert agent.peak == 12


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_run_at_once_than_are_allowed(
    rig: Rig, agent: AgentServer, run: Start, concurrency: int
) -> None:
    running = run(write(rig, 9, "/ok", "/hold"), concurrency=concurrency)
    agent.wait_for(2 * concurrency)
    agent.release()
    assert set(running.outcomes()) == {Outcome.PASSED}
    assert agent.peak <= concurrency
    if concurrency == 1:
        assert agent.paths == ["/ok", "/hold"] * 9


def test_a_slow_scenario_does_not_hold_up_others(rig: Rig, agent: AgentServer, run: Start) -> None:
    names = write(rig, 30, "/ok")
    rig.scenario("slow", "/hold")
    running = run(["slow", *names], concurrency=2)
    assert {running.outcome(name) for name in names} == {Outcome.PASSED}
    assert not [one for one in running.kept.of("slow") if isinstance(one, ScenarioFinished)]
    agent.release()
    assert running.outcome("slow") is Outcome.PASSED


def test_scenarios_begin_in_the_order_of_the_plan(rig: Rig, agent: AgentServer, run: Start) -> None:
    agent.release()
    names = write(rig, 20)
    running = run(names, concurrency=4)
    running.outcomes()
    begun = [
        one.event.scenario for one in running.kept.records if isinstance(one.event, ScenarioStarted)
    ]
    assert begun == names


def test_two_thousand_scenarios_come_through_without_loss(
    rig: Rig, agent: AgentServer, run: Start
) -> None:
    agent.release()
    names = write(rig, 2_000)
    running = run(names, concurrency=32)
    assert running.outcomes() == [Outcome.PASSED] * 2_000
    assert len(agent.paths) == 2_000
    assert [one.seq for one in running.kept.records] == list(range(8_000))


def test_events_of_a_scenario_come_in_order(rig: Rig, run: Start) -> None:
    rig.scenario("a", "/ok", "/status/201", "/never", status=200)
    running = run(["a"])
    result = running.engine.result("a")
    kinds = [type(one) for one in running.kept.of("a")]
    assert kinds == [
        ScenarioStarted,
        *(StepStarted, StepFinished),
        *(StepStarted, StepFinished),
        ScenarioFinished,
    ]
    assert result.finished.outcome is Outcome.FAILED
    assert result.step is not None
    assert (result.step.step, result.step.name) == (1, "GET /status/201")
    assert result.step.exchange is not None
    assert result.finished.message == "[GET /status/201] expected status 200, got 201"
    assert result.finished.elapsed_ms >= result.step.elapsed_ms > 0


def test_stop_interrupts_what_runs_and_leaves_the_rest_not_run(
    rig: Rig, agent: AgentServer, run: Start
) -> None:
    names = write(rig, 6, "/hold")
    running = run(names, concurrency=2)
    agent.wait_for(2)
    running.engine.stop()
    finished = [one.event for one in running.kept.records]
    ended = [one for one in finished if isinstance(one, ScenarioFinished)]
    assert {one.scenario: one.outcome for one in ended} == {
        **dict.fromkeys(names[:2], Outcome.INTERRUPTED),
        **dict.fromkeys(names[2:], Outcome.NOT_RUN),
    }
    assert running.outcomes() == [Outcome.INTERRUPTED] * 2 + [Outcome.NOT_RUN] * 4
    assert Outcome.PASSED not in running.outcomes()


def test_stop_can_be_called_again_and_by_many(rig: Rig, agent: AgentServer, run: Start) -> None:
    running = run(write(rig, 6, "/hold"), concurrency=3)
    agent.wait_for(3)
    threads = [threading.Thread(target=running.engine.stop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = len(running.kept.records)
    running.engine.stop()
    assert len(running.kept.records) == before
    assert running.outcomes() == [Outcome.INTERRUPTED] * 3 + [Outcome.NOT_RUN] * 3


def test_stop_at_once_loses_nothing(rig: Rig, run: Start) -> None:
    """The loop may not even have begun."""
    names = write(rig, 3, "/hold")
    for _ in range(30):
        running = run(names)
        running.engine.stop()
        assert set(running.outcomes()) <= {Outcome.NOT_RUN, Outcome.INTERRUPTED}


def test_stop_before_start_and_after_the_end(rig: Rig, run: Start) -> None:
    rig.scenario("a")
    running = run(["a"])
    assert running.outcome("a") is Outcome.PASSED
    running.engine.stop()
    assert running.outcome("a") is Outcome.PASSED
    Running(rig, ["a"], concurrency=1).engine.stop()


def test_those_who_wait_are_answered_when_the_engine_stops(
    rig: Rig, agent: AgentServer, run: Start
) -> None:
    running = run(write(rig, 3, "/hold"), concurrency=1)
    agent.wait_for(1)
    answers: list[Outcome] = []
    waiting = threading.Thread(target=lambda: answers.append(running.outcome("s0002")))
    waiting.start()
    running.engine.stop()
    waiting.join()
    assert answers == [Outcome.NOT_RUN]


def test_an_empty_plan_ends_at_once(run: Start) -> None:
    assert run([]).outcomes() == []


def test_every_endpoint_without_address_is_named_once(rig: Rig) -> None:
    for name in "ab":
        rig.write(f"{name}.yaml", "name: n\nsteps: [{path: /}, {path: /two}]\n")
    running = Running(rig, ["a", "b"], concurrency=1)
    with pytest.raises(UsageError) as caught:
        check_targets(running.plan, Resolver(target_settings()))
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["a.yaml", "b.yaml"]


def test_an_engine_that_breaks_down_answers_all_who_wait(rig: Rig, agent: AgentServer) -> None:
    """Only what no reporter may raise gets this far."""

    class PanicError(BaseException):
        pass

    class Breaking(Kept):
        def receive(self, record: Record) -> None:
            super().receive(record)
            if isinstance(record.event, ScenarioFinished) and record.event.scenario == "s0002":
                raise PanicError

    agent.release()
    running = Running(rig, write(rig, 40), concurrency=4, kept=Breaking())
    running.engine.start()
    answered = 0
    for planned in running.plan:
        try:
            running.outcome(planned.id)
        except AgentrigError as error:
            assert "the engine broke down" in str(error)  # noqa: PT017  # some have a result
            answered += 1
    running.engine.stop()
    assert answered >= 30
    assert running.engine.crash is not None
    assert not running.engine.lingers


def test_abort_ends_teardowns_and_those_who_wait_are_answered(
    rig: Rig, agent: AgentServer, run: Start
) -> None:
    for name in ("a", "b"):
        rig.scenario(name, "/hold", teardown=[{"endpoint": rig.url, "path": "/hold"}])
    running = run(["a", "b"], concurrency=2)
    agent.wait_for(2)
    running.engine.interrupt()
    agent.wait_for(4)
    running.engine.abort()
    assert running.outcomes() == [Outcome.INTERRUPTED] * 2
    running.engine.stop()
