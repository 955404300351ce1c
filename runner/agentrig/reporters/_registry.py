"""Reporters of other packages, and the one door through which they come: an entry point.

A reporter is an entry point of the group `agentrig.reporters`; the object behind it is a class or
a function that is called with `ReporterOptions` and gives a `Reporter`: something that has
`receive(record)` and `close()`. It is imported when a run asks for it by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig._entry_points import offered
from agentrig.errors import AgentrigError, ReportError, UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from agentrig.stream import Reporter

__all__ = ["GROUP", "ReporterOptions", "make_reporter"]

GROUP = "agentrig.reporters"


class ReporterOptions(Struct, frozen=True, kw_only=True):
    """What a reporter is made with.

    `argument` is what stands behind `=` in `--reporter NAME=ARGUMENT`, None without it; `results`
    is the folder of the run's results, which exists, or None where a run writes none; `run` is
    the run's identity.
    """

    argument: str | None
    results: Path | None
    run: str


def make_reporter(wanted: str, *, results: Path | None, run: str) -> Reporter:
    """Make the reporter that `NAME` or `NAME=ARGUMENT` asks for.

    Raises UsageError for a name that nobody has, and for what cannot be imported or is no
    reporter; ReportError for one that fails as it is made.
    """
    name, separator, argument = wanted.partition("=")
    doors = offered(GROUP)
    found = [door for door in doors if door.name == name]
    if not found:
        known = ", ".join(sorted({door.name for door in doors}))
        hint = f"installed: {known}" if known else "none is installed"
        raise UsageError(
            f"--reporter: there is no reporter '{name}' ({hint}): install the package that has it"
        )
    if len(found) > 1:
        both = " and ".join(f"'{door.value}'" for door in found)
        raise UsageError(f"reporter '{name}': {both} have the same name; uninstall one")
    return _made(
        found[0],
        ReporterOptions(
            argument=argument if separator else None,
            # It may be written to when a test has changed the working directory.
            results=results.absolute() if results else None,
            run=run,
        ),
    )


def _made(door: EntryPoint, options: ReporterOptions) -> Reporter:
    try:
        make = door.load()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        owner = f"the package '{door.dist.name}'" if door.dist else "what declares it"
        raise UsageError(
            f"reporter '{door.name}': cannot load '{door.value}': {problem}; "
            f"mend or uninstall {owner}, or leave --reporter {door.name} out"
        ) from error
    if not callable(make):
        raise UsageError(
            f"reporter '{door.name}': '{door.value}' cannot be called with its options"
        )
    try:
        reporter: Reporter = make(options)
    except AgentrigError:
        raise
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise ReportError(f"reporter '{door.name}': cannot begin: {problem}") from error
    for method in ("receive", "close"):
        if not callable(getattr(reporter, method, None)):
            raise UsageError(f"reporter '{door.name}': what '{door.value}' gives has no {method}()")
    return reporter
