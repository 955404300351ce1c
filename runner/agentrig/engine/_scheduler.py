"""All scenarios of a run in one event loop: who begins when, who runs again, when it is enough."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from agentrig.engine._counts import Counts
from agentrig.engine._course import Course
from agentrig.engine._queue import Queue
from agentrig.engine._repeated import RepeatedCourse
from agentrig.engine._turn import Turn
from agentrig.events import RunProgressed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from agentrig.engine._plan import PlannedScenario
    from agentrig.engine._queue import Entry
    from agentrig.engine._scenario_run import ScenarioResult
    from agentrig.engine._schedule import Schedule
    from agentrig.engine._step_run import EventT, Publish

    Execute = Callable[[PlannedScenario], Awaitable[ScenarioResult]]

__all__ = ["Scheduler"]

PROGRESS_EVERY_S = 10.0
# Scenarios that wait for nothing must let the others go on, and Ctrl-C come through.
IN_A_ROW = 8


class Scheduler:
    """Executes the scenarios of a plan, each in a task of its own, and tells what came of them."""

    def __init__(
        self,
        plan: Sequence[PlannedScenario],
        schedule: Schedule,
        *,
        publish: Publish,
        settle: Callable[[str, ScenarioResult], None],
        counts: Counts | None = None,
        failed_before: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Publish through `publish`, and give each scenario's result to `settle` once.

        `counts` and `failed_before` are what came of other scenarios of the run before these.
        """
        self.counts = counts or Counts(measure=schedule.measure or schedule.repeats)
        self.failures = 0
        """How many scenarios did not pass, and are not executed again."""
        self._failed_before = failed_before
        self._reason: str | None = None
        self._schedule = schedule
        self._publish = publish
        self._settle = settle
        self._clock = clock
        self._begin = clock()
        self._queue: Queue[Course | Turn] = Queue(schedule.concurrency)
        self._taken: deque[tuple[Course, Entry[Course | Turn]]] = deque()
        self._turns: dict[Turn, Entry[Course | Turn]] = {}
        self._executing: dict[str, tuple[Course, asyncio.Task[None] | None]] = {}
        self._held_back: list[Course] = []
        self._stopping = False
        self._changed = asyncio.Event()
        # Those that run alone come last: the others would have to wait for each of them.
        courses = [self._course_of(planned) for planned in plan]
        self._skipped = [course for course in courses if course.scenario.skip is not None]
        for course in sorted(courses, key=lambda course: course.scenario.serial):
            if course.scenario.skip is None:
                self._add(course)

    async def run(self, execute: Execute) -> None:
        """Execute all there is to execute; returns when nothing runs or waits any more."""
        for course in self._skipped:
            course.skip()
            self._finish(course)
        async with asyncio.TaskGroup() as group:
            progress = group.create_task(self._say_progress()) if self._schedule.repeats else None
            while True:
                self._changed.clear()
                while following := self._next():
                    self._taken.append(following)
                    group.create_task(self._work(execute))
                if self._queue.is_idle:
                    break
                await self._changed.wait()
            if progress:
                progress.cancel()
        limit, rate = self._schedule.error_rate, self.counts.error_rate
        tolerated = not (self._reason or limit is None or rate is None or rate > limit)
        for course in self._held_back:
            self._finish(course, tolerated=tolerated)

    def publish(self, event: EventT) -> EventT:
        """Take an event of a scenario that is being executed; give it as it was recorded."""
        course, _ = self._executing.get(getattr(event, "scenario", ""), (None, None))
        return course.receive(event) if course else self._publish(event)

    def stop(self, reason: str | None = None) -> None:
        """Begin nothing any more, and interrupt what runs: teardowns still run."""
        if self._stopping:
            return
        self._stopping = True
        self._reason = reason
        for waiting in self._queue.clear():
            if isinstance(waiting, Turn):
                waiting.settle(granted=False)
            else:
                self._over(waiting)
        self._interrupt()

    def admit(self, turn: Turn, locks: Collection[str]) -> None:
        """Let a Python test begin as soon as its locks are free."""
        if self._stopping:
            turn.settle(granted=False)
        elif not turn.is_over:
            self._queue.add_guest(turn, locks=locks)
            self._changed.set()

    def dismiss(self, turn: Turn) -> None:
        """Take back the locks of a Python test that has ended."""
        if entry := self._turns.pop(turn, None):
            self._queue.release(entry)
            self._changed.set()

    def _begin_turn(self, turn: Turn, entry: Entry[Course | Turn]) -> None:
        self._turns[turn] = entry
        turn.settle(granted=True)
        if turn.is_over:  # nobody waits for it any more
            self.dismiss(turn)

    def abort(self) -> None:
        """Interrupt teardowns as well."""
        self.stop()
        self._interrupt()

    def _interrupt(self) -> None:
        for _, task in self._executing.values():
            if task:
                task.cancel()
        self._changed.set()

    def _next(self) -> tuple[Course, Entry[Course | Turn]] | None:
        """Take the next scenario that may begin; Python tests before it are given their turns."""
        while entry := self._queue.take():
            what = entry.what
            if isinstance(what, Turn):
                self._begin_turn(what, entry)
            elif what.is_over(self._clock()):
                self._queue.release(entry)
                self._over(what)
            else:
                return what, entry
        return None

    async def _work(self, execute: Execute) -> None:
        """Execute a scenario, and at once the next one in its place.

        A task of its own would begin only once all answers that came together are dealt with. One
        whose scenario waits for nothing goes on with those that were taken for the tasks behind it,
        so that the order of the plan is kept.
        """
        for _ in range(IN_A_ROW):
            following = self._taken.popleft() if self._taken else self._next()
            if following is None:
                return
            await self._execute(*following, execute)

    async def _execute(self, course: Course, entry: Entry[Course | Turn], execute: Execute) -> None:
        result: ScenarioResult | None = None
        began = not self._stopping
        # Not before: a task that is cancelled before it has begun never comes here.
        self._executing[course.id] = (course, asyncio.current_task())
        try:
            if began:
                result = await execute(course.planned)
        finally:
            del self._executing[course.id]
            self._queue.release(entry)
            self._changed.set()
            failed_before = course.failed
            if began and course.ended(result, now=self._clock(), stopping=self._stopping):
                self._add(course)
            else:
                self._over(course)
            self.failures += course.failed - failed_before
            if self._schedule.is_enough(self._failed_before + self.failures):
                self.stop(self._schedule.enough)

    def _over(self, course: Course) -> None:
        """Finish a scenario, unless its verdict hangs on how many fail in all."""
        if self._schedule.error_rate is None:
            self._finish(course)
        else:
            self._held_back.append(course)

    def _finish(self, course: Course, *, tolerated: bool = False) -> None:
        self._settle(course.id, course.finish(reason=self._reason, tolerated=tolerated))

    def _add(self, course: Course) -> None:
        self._queue.add(course, locks=course.scenario.locks, alone=course.scenario.serial)

    def _course_of(self, planned: PlannedScenario) -> Course:
        schedule = self._schedule
        if not schedule.repeats:
            return Course(planned, schedule, publish=self._publish, counts=self.counts)
        deadline = None
        if schedule.repeat_for_s is not None:
            deadline = self._begin + schedule.repeat_for_s
        return RepeatedCourse(
            planned, schedule, publish=self._publish, counts=self.counts, deadline=deadline
        )

    async def _say_progress(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            elapsed_ms = round((self._clock() - self._begin) * 1000, 3)
            self._publish(RunProgressed(elapsed_ms=elapsed_ms, iterations=self.counts.read()))
