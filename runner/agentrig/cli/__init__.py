"""The command line. A subcommand's module is imported when it is called, or asked for its help."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentrig import __version__
from agentrig.cli._ending import end_at_once
from agentrig.cli._lazy_group import LazyGroup
from agentrig.cli._output import PlainOutput
from agentrig.errors import AgentrigError, ScenarioError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentrig.cli._output import Output
    from agentrig.reporters.log_writer import LogFormat

__all__ = ["main"]

_COMMANDS = {
    "attach": (
        "agentrig.cli.attach:attach",
        "Follow a run until it ends, and exit with the run's code.",
    ),
    "chart": (
        "agentrig.cli.chart:chart",
        "Print where the chart is that comes with this package.",
    ),
    "cleanup": (
        "agentrig.cli.cleanup:cleanup",
        "Uninstall finished runs that were launched with --keep, or left.",
    ),
    "compare": (
        "agentrig.cli.compare:compare",
        "Compare the run B with the run A, scenario by scenario.",
    ),
    "demo": (
        "agentrig.cli.demo:demo",
        "Run the demo scenarios against five agents in this process.",
    ),
    "fetch": ("agentrig.cli.fetch:fetch", "Fetch scenarios, or libraries of tests."),
    "init": (
        "agentrig.cli.init:init",
        "Write a first suite that runs.",
    ),
    "launch": (
        "agentrig.cli.launch:launch",
        "Run scenarios in a cluster, and exit with the run's code.",
    ),
    "lint": ("agentrig.cli.lint:lint", "Check scenario files without running them."),
    "report": (
        "agentrig.cli.report:report",
        "Make reports of results: a run's own again, or of many runs.",
    ),
    "run": ("agentrig.cli.run:run", "Run scenarios and Python modules."),
    "runs": (
        "agentrig.cli.runs:runs",
        "List the runs of a namespace, the newest first.",
    ),
    "schema": (
        "agentrig.cli.schema:schema",
        "Print the JSON Schema (2020-12) of a scenario file.",
    ),
}


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    context_settings={"auto_envvar_prefix": "AGENTRIG", "help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="agentrig")
def agentrig() -> None:
    """End-to-end tests for AI agents, inside the cluster that serves them.

    Every option can be set in the environment: --via of `run` as AGENTRIG_RUN_VIA.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; without `args`, as what this process is for."""
    _open_standard_streams()
    output = _output(sys.argv[1:] if args is None else args)
    try:
        code = _exit_code(args, output)
    finally:
        output.close()
    if args is None:
        end_at_once(code)
    sys.exit(code)


def _output(args: Sequence[str]) -> Output:
    log_format = _log_format(args)
    if log_format is None:
        return PlainOutput()
    from agentrig.cli._log_output import LogOutput  # noqa: PLC0415  # for pods alone

    return LogOutput(log_format)


def _log_format(args: Sequence[str]) -> LogFormat | None:
    """Find out what a run's log is to look like, before its command line can turn out wrong."""
    if not args or args[0] != "run":
        return None
    found = os.environ.get("AGENTRIG_RUN_LOG_FORMAT", "")
    for index, arg in enumerate(args):
        if arg == "--":
            break
        name, separator, value = arg.partition("=")
        if name == "--log-format":
            found = value if separator else "".join(args[index + 1 : index + 2])
    return {"text": "text", "json": "json"}.get(found)  # type: ignore[return-value]  # literals


def _exit_code(args: Sequence[str] | None, output: Output) -> int:
    try:
        code: Any = agentrig.main(args, prog_name="agentrig", standalone_mode=False, obj=output)
    except click.ClickException as error:
        output.say_usage(error)
        return UsageError.exit_code
    except click.Abort:
        return 2
    except ScenarioError as error:
        output.say_mistakes(error)
        return error.exit_code
    except AgentrigError as error:
        output.say_error(str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001  # the border: a crash is the runner's error, not a failed test
        output.say_crash(error)
        return AgentrigError.exit_code
    return code if isinstance(code, int) else 0


def _open_standard_streams() -> None:
    """Let a process that was started with closed streams, as by a daemon, write into nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # kept open
