"""The command line. A subcommand's module is imported when it is called, or asked for its help."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentrig import __version__
from agentrig._excerpt import render_mistakes
from agentrig.cli._collector import importing
from agentrig.errors import AgentrigError, ScenarioError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# Where each subcommand lives, as `module:attribute`, and what `agentrig --help` says of it: the
# first sentence of its own help, repeated here because to import all of them takes 0.3 s.
_COMMANDS = {
    "demo": (
        "agentrig.cli.demo:demo",
        "Run the demo scenarios against five agents in this process.",
    ),
    "init": (
        "agentrig.cli.init:init",
        "Write a first suite that runs.",
    ),
    "lint": ("agentrig.cli.lint:lint", "Check scenario files without running them."),
    "report": (
        "agentrig.cli.report:report",
        "Rebuild the reports of a run, and exit with the run's code.",
    ),
    "run": ("agentrig.cli.run:run", "Run scenarios and Python modules."),
    "schema": (
        "agentrig.cli.schema:schema",
        "Print the JSON Schema (2020-12) of a scenario file.",
    ),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        with importing():
            command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])


@click.group(
    cls=_LazyGroup,
    context_settings={"auto_envvar_prefix": "AGENTRIG", "help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="agentrig")
def agentrig() -> None:
    """End-to-end tests for AI agents, inside the cluster that serves them.

    Every option can be set in the environment: --via of `run` as AGENTRIG_RUN_VIA.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    _open_standard_streams()
    sys.exit(_exit_code(args))


def _open_standard_streams() -> None:
    """Let a process that was started with closed streams, as by a daemon, write into nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # kept open


def _exit_code(args: Sequence[str] | None) -> int:
    try:
        code: Any = agentrig.main(args, prog_name="agentrig", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except click.Abort:
        return 2
    except ScenarioError as error:
        click.echo(render_mistakes(error.mistakes), err=True)
        return error.exit_code
    except AgentrigError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except Exception:  # noqa: BLE001  # the border: a crash is the runner's error, not a failed test
        traceback.print_exc()
        return AgentrigError.exit_code
    return code if isinstance(code, int) else 0
