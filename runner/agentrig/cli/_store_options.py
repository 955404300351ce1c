"""Options of `agentrig run` that say what is kept of its results, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentrig.pytest_plugin import StoreOptions

__all__ = ["store_of", "store_options"]

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--exchanges",
        type=click.Choice(["failed", "all"]),
        default="failed",
        show_default=True,
        help="Requests and responses to keep: of steps that did not pass, or of all.",
    ),
    click.option(
        "--store",
        metavar="URL",
        help="Keep the results here too, while it runs: s3://BUCKET/PREFIX, or a folder.",
    ),
)


def store_options(command: CommandT) -> CommandT:
    """Add the options to a command; their values are for `store_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def store_of(given: Mapping[str, Any]) -> StoreOptions | None:
    """Give where the options say that results are kept."""
    from agentrig.pytest_plugin import StoreOptions  # noqa: PLC0415  # it is imported later

    return StoreOptions(url=given["store"]) if given["store"] else None
