"""Who may begin next: never two holders of a lock, no deadlock, nobody left behind."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.engine._queue import Entry, Queue


@dataclass(frozen=True)
class Wish:
    locks: frozenset[str]
    alone: bool


WISHES = st.lists(
    st.builds(
        Wish,
        locks=st.frozensets(st.sampled_from("abcd"), max_size=3),
        alone=st.sampled_from([False, False, False, True]),
    ),
    max_size=25,
)
SIZES = st.integers(min_value=1, max_value=8)


def queue_of(wishes: list[Wish], size: int) -> Queue[int]:
    queue: Queue[int] = Queue(size)
    for number, wish in enumerate(wishes):
        queue.add(number, locks=wish.locks, alone=wish.alone)
    return queue


class Simulation:
    """Takes all that may begin, ends one of those that run, chosen by chance, and so on."""

    def __init__(self, wishes: list[Wish], size: int, seed: int) -> None:
        self.wishes = wishes
        self.size = size
        self.queue = queue_of(wishes, size)
        self.rng = random.Random(seed)
        self.running: list[Entry[int]] = []
        self.begun: list[int] = []

    def begin(self) -> None:
        while entry := self.queue.take():
            self.running.append(entry)
            self.begun.append(entry.what)
            self.check()

    def end_one(self) -> Entry[int]:
        entry = self.running.pop(self.rng.randrange(len(self.running)))
        self.queue.release(entry)
        return entry

    def check(self) -> None:
        wishes = [self.wishes[entry.what] for entry in self.running]
        held = [lock for wish in wishes for lock in wish.locks]
        assert len(held) == len(set(held)), "two hold the same lock"
        assert len(wishes) <= self.size
        assert len(wishes) == 1 or not any(wish.alone for wish in wishes)


@given(WISHES, SIZES, st.integers())
def test_everything_runs_once_and_no_lock_has_two_holders(
    wishes: list[Wish], size: int, seed: int
) -> None:
    simulation = Simulation(wishes, size, seed)
    simulation.begin()
    while simulation.running:
        simulation.end_one()
        simulation.begin()
    assert simulation.queue.is_idle, "a deadlock"
    assert sorted(simulation.begun) == list(range(len(wishes)))


@given(WISHES, SIZES, st.integers())
def test_nobody_is_overtaken_by_a_later_one_that_wants_the_same(
    wishes: list[Wish], size: int, seed: int
) -> None:
    simulation = Simulation(wishes, size, seed)
    simulation.begin()
    while simulation.running:
        simulation.end_one()
        simulation.begin()
    place = {what: at for at, what in enumerate(simulation.begun)}
    for late, wish in enumerate(wishes):
        for early in range(late):
            if wish.locks & wishes[early].locks:
                assert place[early] < place[late]


@given(WISHES, SIZES, st.integers())
def test_nobody_waits_who_could_run(wishes: list[Wish], size: int, seed: int) -> None:
    """A place stays empty only for locks that are held, or for one that runs alone."""
    simulation = Simulation(wishes, size, seed)
    simulation.begin()
    while simulation.running:
        waiting = list(simulation.queue)
        running = [wishes[entry.what] for entry in simulation.running]
        if waiting and len(running) < size and not any(wish.alone for wish in running):
            wanted = {lock for wish in running for lock in wish.locks}
            for what in waiting:
                if wishes[what].alone:
                    break
                assert wishes[what].locks & wanted, f"{what} could run"
                wanted |= wishes[what].locks
        simulation.end_one()
        simulation.begin()


@given(WISHES, SIZES, st.integers(), st.integers(min_value=1, max_value=30))
def test_cleared_at_any_moment_it_ends_with_what_runs(
    wishes: list[Wish], size: int, seed: int, after: int
) -> None:
    simulation = Simulation(wishes, size, seed)
    simulation.begin()
    for _ in range(after):
        if simulation.running:
            simulation.end_one()
            simulation.begin()
    left = simulation.queue.clear()
    assert sorted(simulation.begun + left) == list(range(len(wishes)))
    assert left == sorted(left)
    simulation.begin()
    while simulation.running:
        simulation.end_one()
        simulation.begin()
    assert simulation.queue.is_idle
    assert not set(simulation.begun) & set(left)


@given(st.integers(min_value=1, max_value=20), SIZES, st.integers())
def test_those_who_come_back_wait_behind_all_others(count: int, size: int, seed: int) -> None:
    """Three rounds: nobody begins for the third time before all have begun once."""
    simulation = Simulation([Wish(frozenset(), alone=False)] * count, size, seed)
    ended = dict.fromkeys(range(count), 0)
    simulation.begin()
    while simulation.running:
        what = simulation.end_one().what
        ended[what] += 1
        if ended[what] < 3:
            simulation.queue.add(what)
        simulation.begin()
        begun = [simulation.begun.count(one) for one in ended]
        assert max(begun) - min(begun) <= 2
        assert 3 not in begun or 0 not in begun
    assert set(ended.values()) == {3}


@given(
    WISHES,
    st.lists(st.frozensets(st.sampled_from("abcd"), max_size=3), max_size=8),
    SIZES,
    st.integers(),
)
def test_guests_hold_locks_as_well_and_stand_before_those_that_wait(
    wishes: list[Wish], guests: list[frozenset[str]], size: int, seed: int
) -> None:
    everybody = [*wishes, *(Wish(locks, alone=False) for locks in guests)]
    simulation = Simulation(everybody, size + len(guests), seed)
    simulation.queue = queue_of(wishes, size)
    rng, coming = simulation.rng, iter(range(len(wishes), len(everybody)))
    # Whom each guest came before: those that wanted one of its locks and had not begun.
    before: dict[int, set[int]] = {}

    def come() -> None:
        guest = next(coming, None)
        if guest is not None:
            wanted = everybody[guest].locks
            waiting = [one for one in simulation.queue if one < len(wishes)]
            before[guest] = {one for one in waiting if everybody[one].locks & wanted}
            simulation.queue.add_guest(guest, locks=wanted)

    def check() -> None:
        planned = [entry for entry in simulation.running if not entry.is_guest]
        assert len(planned) <= size
        held = {lock for entry in simulation.running for lock in entry.locks}
        for entry in simulation.running:
            later = before.get(entry.what, set())
            assert not later & set(simulation.begun[: simulation.begun.index(entry.what)])
        for guest in simulation.queue:
            alone = any(entry.alone for entry in simulation.running)
            if guest >= len(wishes) and not alone:
                earlier = {
                    lock for one in range(len(wishes), guest) for lock in everybody[one].locks
                }
                assert everybody[guest].locks & (held | earlier), "it could run"

    simulation.begin()
    while simulation.running or len(before) < len(guests):
        if rng.random() < 0.5 or not simulation.running:
            come()
        else:
            simulation.end_one()
        simulation.begin()
        check()
    assert simulation.queue.is_idle, "a deadlock"
    assert sorted(simulation.begun) == list(range(len(everybody)))


def test_a_guest_takes_no_place_of_those_of_the_plan() -> None:
    queue = queue_of([Wish(frozenset(), alone=False)] * 2, 1)
    queue.add_guest(9)
    taken = [queue.take(), queue.take(), queue.take()]
    assert [entry.what if entry else None for entry in taken] == [9, 0, None]


def test_one_that_waits_for_a_lock_takes_no_place() -> None:
    queue = queue_of([Wish(frozenset("a"), alone=False)] * 3 + [Wish(frozenset(), alone=False)], 2)
    first, other = queue.take(), queue.take()
    assert first is not None
    assert other is not None
    assert (first.what, other.what) == (0, 3)


@pytest.mark.parametrize("count", [20_000])
def test_many_that_share_a_lock_are_no_burden(count: int) -> None:
    """Each begins without a look at all of those that wait."""
    queue = queue_of([Wish(frozenset("ab"), alone=False)] * count, 16)
    begun = 0
    while entry := queue.take():
        queue.release(entry)
        begun += 1
    assert begun == count
