"""SIGKILL at 200 random moments: nothing is lost, nothing runs twice, and the end is right."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from agentrig.events import Outcome, RunFinished, RunStarted, ScenarioFinished
from agentrig.reporters import Tally, read_journal
from agentrig.resume import VERDICTS
from agentrig.store import FolderStore, stored_attempts
from tests.support.fork_server import fork_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentrig.events import Record
    from tests.support.agent_server import AgentServer
    from tests.support.fork_server import Forked, ForkServer
    from tests.support.rig import Rig

KILLS_EACH = 10
SCENARIOS, TESTS = 14, 4


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with fork_server() as server:
        yield server


def suite(rig: Rig, rng: random.Random) -> dict[str, Outcome]:
    """Write scenarios and tests, each of which asks for a path of its own; give their outcomes."""
    outcomes: dict[str, Outcome] = {}
    failing = rng.choice([None, None, rng.randrange(SCENARIOS)])
    for number in range(SCENARIOS):
        status = 404 if number == failing else 200
        rig.scenario(f"s{number:02}", f"/slow/5/s{number:02}", status=status)
        outcomes[f"s{number:02}.yaml"] = Outcome.PASSED if status == 200 else Outcome.FAILED
    rig.scenario("skipped", "/skipped", skip="not today")
    outcomes["skipped.yaml"] = Outcome.SKIPPED
    lines = ["from urllib.request import urlopen", ""]
    for number in range(TESTS):
        lines.append(f"def test_{number}(): urlopen('{rig.url}/slow/5/t{number}')")
        outcomes[f"test_m.py::test_{number}"] = Outcome.PASSED
    rig.write("test_m.py", "\n".join(lines) + "\n")
    return outcomes


def name_of(path: str) -> str:
    """Name the scenario that asks for a path."""
    name = path.rpartition("/")[2]
    return f"test_m.py::test_{name[1:]}" if name.startswith("t") else f"{name}.yaml"


@dataclass
class Chain:
    """One run, killed again and again; each attempt has the folder of the one before, or a new one."""

    rig: Rig
    agent: AgentServer
    server: ForkServer
    run: str
    is_replaced: bool
    truth: dict[str, Outcome]
    attempt: int = 0
    done: set[str] = field(default_factory=set)

    @property
    def results(self) -> Path:
        return self.rig.folder / "results" / self.run / str(self.attempt * self.is_replaced)

    @property
    def journal(self) -> Path:
        return self.results / "events.jsonl"

    def start(self) -> Forked:
        self.attempt += 1
        args = ["--run-id", self.run, "--results", str(self.results), "-c", "3"]
        if self.is_replaced:
            args += ["--store", "kept"]
        self.agent.forget()
        return self.server.start("run", ".", *args, cwd=self.rig.folder)

    def records(self) -> list[Record]:
        if not self.journal.exists():
            return []
        return list(read_journal(self.journal.read_bytes(), name="journal"))

    def look(self, forked: Forked) -> None:
        """See that nothing ran again, and what the next attempt need not run."""
        again = {name_of(path) for path in self.agent.paths} & self.done
        assert again == set(), forked.said
        records = self.records()
        if not records or records[0].attempt != self.attempt:
            return  # killed before it began
        tally = Tally()
        for record in records:
            tally.receive(record)
        # A plan is all or nothing, and all of it is accounted for.
        assert {*tally.planned} in ({*self.truth}, set())
        assert {*tally.planned} == {*tally.results} | {*tally.missing}
        ends = [one.event for one in records if isinstance(one.event, ScenarioFinished)]
        assert len(ends) == len({end.scenario for end in ends})
        for end in ends:
            assert end.outcome is self.truth[end.scenario]
        self.done |= self.told()

    def told(self) -> set[str]:
        """Name the scenarios with a verdict that the next attempt can know of."""
        content = self.journal.read_bytes()
        if self.is_replaced:
            attempts = stored_attempts(FolderStore(self.rig.folder / "kept"), self.run)
            content = next(one.journal() for one in attempts if one.attempt == self.attempt)
        return {
            one.event.scenario
            for one in read_journal(content, name="journal")
            if isinstance(one.event, ScenarioFinished) and one.event.outcome in VERDICTS
        }

    def end(self, forked: Forked, code: int) -> None:
        """See that a run that was not killed tells of all, and ends as if it had never been."""
        self.look(forked)
        assert code == (1 if Outcome.FAILED in self.truth.values() else 0), forked.said
        records = self.records()
        kinds = [type(one.event) for one in records]
        assert (kinds.count(RunStarted), kinds.count(RunFinished)) == (1, 1)
        assert {
            one.event.scenario: one.event.outcome
            for one in records
            if isinstance(one.event, ScenarioFinished)
        } == self.truth
        # The journals of all killed attempts are still there.
        shutil.rmtree(self.rig.folder / "results" / self.run)


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_random_moments_a_run_goes_on(
    rig: Rig, agent: AgentServer, server: ForkServer, seed: int
) -> None:
    rng = random.Random(seed)
    truth = suite(rig, rng)

    def chain(number: int) -> Chain:
        is_replaced = number % 4 == 3
        return Chain(rig, agent, server, f"run-{number}", is_replaced, truth)

    whole = chain(0)
    begin = time.monotonic()
    forked = whole.start()
    whole.end(forked, forked.wait())
    takes_s = time.monotonic() - begin
    kills = number = 0
    while kills < KILLS_EACH:
        number += 1
        one = chain(number)
        while True:
            forked = one.start()
            # Those of one chain come late as well as early: it gets on, and comes to its end.
            if kills < KILLS_EACH and one.attempt <= 6:
                time.sleep(rng.uniform(0, takes_s))
                os.kill(forked.pid, signal.SIGKILL)
            code = forked.wait()
            if code != -signal.SIGKILL:
                one.end(forked, code)
                break
            kills += 1
            one.look(forked)
