"""What a person sees of a run that is followed: lines in a log, a table on a terminal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from agentrig.launch import LiveView, PlainView, ShardProgress, Trouble
from tests.support.golden import check_golden
from tests.support.screen import Screen

if TYPE_CHECKING:
    from agentrig.launch import View

GOLDEN = Path(__file__).with_name("golden")
TROUBLE = Trouble(
    reason="Unschedulable",
    where="pod qa/run-3-x, shard 3/3",
    message="no node takes the pod: of 1 node, 1 has too little cpu left",
    hint="ask for less in resources.requests, or add a node",
)


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def shard(number: int, phase: str = "waiting", **known: object) -> ShardProgress:
    pod = {} if phase == "waiting" else {"pod": f"run-{number}-x", "attempt": 1}
    return ShardProgress(shard=number, phase=phase, **{**pod, **known})  # type: ignore[arg-type]  # a table of a test


def play(view: View, clock: Clock) -> None:
    """Show the run of three shards that both views are tested with."""

    def update(at_s: float, *shards: ShardProgress) -> None:
        clock.now_s = at_s
        view.update(shards, elapsed_s=at_s)

    update(0, shard(1), shard(2), shard(3))
    update(1, shard(1, "starting"), shard(2, "waiting for its image"), shard(3))
    first = shard(1, "running", planned=40)
    waits = shard(3, "waiting for a node", trouble=TROUBLE.message)
    update(3, first, shard(2, "running", planned=37), waits)
    view.trouble(TROUBLE)
    view.finished(2, "failed \u00b7 scenarios/chat.yaml")
    view.note("the connection to the API broke and is opened again: \x1b[2Jgone")
    second = shard(2, "running", planned=37, done=20, bad=1, attempt=2)
    update(20, shard(1, "passed", planned=40, done=40), second, waits)
    update(31, shard(1, "passed", planned=40, done=40), second, waits)


def test_a_log_gets_lines_of_what_changes() -> None:
    output, clock = io.StringIO(), Clock()
    view = PlainView(output)
    play(view, clock)
    view.close()
    check_golden(GOLDEN / "plain_view.txt", untimed(output.getvalue()))


def test_a_run_that_is_not_split_has_no_shards() -> None:
    output = io.StringIO()
    view = PlainView(output)
    for done in (0, 7):
        one = ShardProgress(shard=0, pod="run-x", phase="running", done=done, planned=9, attempt=1)
        view.update([one], elapsed_s=31.0)
    assert untimed(output.getvalue()) == (
        "   31 sec  pod run-x: running\n   31 sec  0 of 9 finished \u00b7 running\n"
    )


def test_a_terminal_shows_each_shard_under_what_is_told() -> None:
    output, clock = io.StringIO(), Clock()
    view = LiveView(output, colour=False, clock=clock)
    play(view, clock)
    view.note("the last line that is told draws everything anew")
    check_golden(GOLDEN / "live_view.txt", untimed(seen(output).text))
    view.close()


def test_what_was_told_stays_and_what_was_drawn_goes() -> None:
    output, clock = io.StringIO(), Clock()
    view = LiveView(output, colour=False, clock=clock)
    play(view, clock)
    view.close()
    screen = seen(output)
    assert "failed \u00b7 scenarios/chat.yaml" in screen.text
    assert "shard 1/3" not in screen.text
    assert screen.cursor_is_shown


def test_shards_beyond_the_terminal_are_counted_and_those_that_run_are_shown() -> None:
    output, clock = io.StringIO(), Clock()
    view = LiveView(output, colour=False, clock=clock)
    view.update(
        [shard(number, "passed" if number <= 30 else "running") for number in range(1, 41)],
        elapsed_s=5.0,
    )
    view.note("the last line")
    lines = seen(output).text.splitlines()
    view.close()
    assert lines[1].startswith("shard 31/40")
    assert lines[-2] == "... and 30 shards more"
    assert lines[-1].endswith("30 passed \u00b7 10 running")


def seen(output: io.StringIO) -> Screen:
    """Give what stands on a terminal in the end."""
    screen = Screen(80)
    screen.feed(output.getvalue().replace("\n", "\r\n"))
    return screen


def untimed(text: str) -> str:
    """Keep the times: the clock here is the test's own."""
    return text.replace(" s  ", " sec  ").replace(" s \u00b7", " sec \u00b7")
