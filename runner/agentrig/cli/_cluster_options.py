"""Options of the commands that work on runs in a cluster."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agentrig.errors import UsageError
from agentrig.scenario import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.launch import View

__all__ = ["cluster_options", "namespace_of", "plain_or_live_view", "results_option", "seconds_of"]

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "-n", "--namespace", metavar="NAME", help="Default: that of the kubeconfig's context."
    ),
    click.option("--context", "kube_context", metavar="NAME", help="Context of the kubeconfig."),
    click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        metavar="FILE",
        help="Default: KUBECONFIG, else ~/.kube/config.",
    ),
)
results_option = click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=Path("results"),
    show_default=True,
    help="Where results are written.",
)


def cluster_options(command: CommandT) -> CommandT:
    """Add `namespace`, `kube_context` and `kubeconfig`, all three for `namespace_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def namespace_of(
    *, namespace: str | None, kube_context: str | None, kubeconfig: Path | None
) -> str:
    """Give the namespace to work in; helm and the API's client find the kubeconfig from now on."""
    if kubeconfig:
        os.environ["KUBECONFIG"] = str(kubeconfig.resolve())
    from agentrig.kubernetes import chosen_namespace  # noqa: PLC0415  # httpx2: 100 ms

    # Asked for anyway: without a cluster, or without lightkube, nothing may be begun.
    chosen = chosen_namespace(context=kube_context)
    return namespace or chosen


def plain_or_live_view() -> View:
    """Make what shows a run while it is followed, beside the report on standard output."""
    from agentrig.launch import LiveView, PlainView  # noqa: PLC0415  # for two commands alone

    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return LiveView(sys.stderr, colour="NO_COLOR" not in os.environ)
    return PlainView(sys.stderr)


def seconds_of(text: str, option: str) -> float:
    """Read a duration that was given for `option`. Raises UsageError."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
