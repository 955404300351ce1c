"""Options of `agentrig run` that say what is executed when, and how often."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agentrig._choices import DEFAULT_CONCURRENCY
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agentrig.engine import Schedule, Shard

__all__ = ["schedule_of", "schedule_options", "shard_of"]

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("-x", "--exitfirst", is_flag=True, help="Stop at the first failure."),
    click.option(
        "--maxfail", type=click.IntRange(min=1), metavar="N", help="Stop at the Nth failure."
    ),
    click.option(
        "-c",
        "--concurrency",
        type=click.IntRange(min=1),
        default=DEFAULT_CONCURRENCY,
        show_default=True,
        metavar="N",
        help="Scenarios at once.",
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Run part I of N, from 1; '/N' takes I from JOB_COMPLETION_INDEX.",
    ),
    click.option(
        "--durations",
        type=click.Path(path_type=Path, dir_okay=False),
        multiple=True,
        metavar="FILE",
        help="Split by the times of an earlier summary.json or events.jsonl. Repeatable.",
    ),
    click.option(
        "--repeat", type=click.IntRange(min=1), metavar="N", help="Execute each scenario N times."
    ),
    click.option(
        "--repeat-for", metavar="TIME", help="Execute scenarios again and again, such as for 30m."
    ),
    click.option(
        "--retry-failed",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Execute what failed up to N times more, behind all others.",
    ),
    click.option("--fail-on-flaky", is_flag=True, help="Exit with 1 if anything passed on retry."),
)


def schedule_options(command: CommandT) -> CommandT:
    """Add the options to a command; their values are for `schedule_of` and `shard_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def schedule_of(given: Mapping[str, Any], slo: Mapping[str, float]) -> Schedule:
    """Make the schedule that the options ask for. Raises UsageError."""
    from agentrig.engine import Schedule, needs_times  # noqa: PLC0415  # 100 ms, not for --help

    repeat, repeat_for = given["repeat"], given["repeat_for"]
    repeats = repeat is not None or repeat_for is not None
    if repeats and given["retry_failed"]:
        raise UsageError("--retry-failed hides what --repeat looks for: choose one of them")
    return Schedule(
        concurrency=given["concurrency"],
        maxfail=given["maxfail"] or int(given["exitfirst"]),
        retry_failed=given["retry_failed"],
        repeat=repeat,
        repeat_for_s=None if repeat_for is None else _seconds(repeat_for),
        error_rate=slo.get("error_rate") if repeats else None,
        measure=needs_times(slo),
    )


def shard_of(given: Mapping[str, Any], durations: Sequence[Path]) -> Shard | None:
    """Give the shard that the options ask for. Raises UsageError."""
    from agentrig.engine import Shard  # noqa: PLC0415  # as above

    text: str | None = given["shard"]
    if text is None:
        if durations:
            raise UsageError("--durations splits a run: say --shard I/N as well")
        return None
    try:
        return Shard.parse(text, os.environ)
    except ValueError as error:
        raise UsageError(f"--shard '{text}': {error}") from error


def _seconds(text: str) -> float:
    from agentrig.scenario import parse_duration  # noqa: PLC0415  # as above

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--repeat-for: {error}") from error
