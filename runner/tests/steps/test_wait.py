"""The kind `wait`: time passes, unless the run is over before."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

from agentrig.events import Outcome, StepFinished, StepStarted
from tests.support.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.rig import Rig


def test_time_passes_and_is_shown(tmp_path: Path) -> None:
    with Bench(tmp_path) as bench:
        events = bench.events(
            """
            name: x
            vars: {pause: 20ms}
            steps:
              - wait: 30ms
              - {name: A rest, wait: "${pause}", capture: {ms: {elapsed_ms: true}}}
            """,
            {},
        )
    started = [one for one in events if isinstance(one, StepStarted)]
    finished = [one for one in events if isinstance(one, StepFinished)]
    assert [one.step_kind for one in started] == ["wait", "wait"]
    assert [(one.name, one.outcome) for one in finished] == [
        ("wait 30 ms", Outcome.PASSED),
        ("A rest", Outcome.PASSED),
    ]
    assert finished[0].elapsed_ms >= 29


def test_a_wait_that_its_timeout_would_cut_off_is_a_mistake(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nsteps: [{wait: 60s}, {wait: 1m, timeout: 61s}]\n")
    ran = rig.here("lint", "a.yaml")
    assert ran.code == 4
    assert "error: the wait is not shorter than the step's timeout of 1 min" in ran.out + ran.err
    assert "a.yaml:2:16" in ran.out + ran.err


def test_an_interrupt_ends_a_wait(rig: Rig, until: Callable[[Callable[[], Any]], None]) -> None:
    rig.write("a.yaml", "name: a\nsteps: [{wait: 50s}]\n")
    begin = time.monotonic()
    with rig.started("a.yaml") as process:
        journal = rig.folder / "results/events.jsonl"
        until(lambda: journal.exists() and b"step.started" in journal.read_bytes())
        process.send_signal(signal.SIGINT)
        ran = rig.ended(process)
    assert (ran.code, ran.outcomes()) == (2, {"a": "interrupted"}), ran.said
    assert time.monotonic() - begin < 40
