"""Options of `agentrig run` and `agentrig launch` that send a message when a run is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentrig.webhook import WebhookSettings

__all__ = ["webhook_of", "webhook_options"]

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--webhook",
        metavar="URL",
        help="Send a message at the end, as Slack reads it. The URL is a secret: better in the "
        "environment.",
    ),
    click.option(
        "--webhook-on",
        type=click.Choice(["failure", "change", "always"]),
        help="If it did not pass, if it ended otherwise than the last one, or always.  "
        "[default: failure]",
    ),
    click.option(
        "--webhook-template",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Template of the body, in jinja2; it reads what summary.json has.",
    ),
    click.option(
        "--webhook-name",
        metavar="NAME",
        help="What runs of this kind are called, for --webhook-on change.",
    ),
    click.option(
        "--webhook-state",
        metavar="URL",
        help="Store that keeps how the last run ended. Default: that of --store.",
    ),
    click.option(
        "--webhook-ca",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        metavar="FILE",
        help="Certificates to trust besides the system's, in PEM.",
    ),
)


def webhook_options(command: CommandT) -> CommandT:
    """Add the options to a command; their values are for `webhook_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def webhook_of(
    given: Mapping[str, Any], *, store: str | None, name: str | None = None
) -> WebhookSettings | None:
    """Read what the options say; `store` is where results are kept, `name` what a run is called.

    Raises UsageError.
    """
    names = ("webhook", "webhook_on", "webhook_template", "webhook_name", "webhook_state")
    url, when, template, own_name, state = (given[one] for one in names)
    if not url:
        from_line = click.core.ParameterSource.COMMANDLINE
        context = click.get_current_context()
        for one in names[1:]:
            if context.get_parameter_source(one) is from_line:
                option = one.replace("_", "-")
                raise UsageError(f"--{option} is of no use without --webhook URL")
        return None
    from agentrig.webhook import webhook_settings  # noqa: PLC0415  # where it is asked for

    return webhook_settings(
        url=url,
        when=when,
        template=template,
        name=own_name or name,
        state=state or store,
        ca=given["webhook_ca"],
    )
