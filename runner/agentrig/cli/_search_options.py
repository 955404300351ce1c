"""Options that say which search server results go to; `run` and `report push` have the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentrig.search import SearchSettings

__all__ = ["search_of", "search_options"]

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--search-url",
        envvar="AGENTRIG_RUN_SEARCH_URL",
        metavar="URL",
        help="Send results to this Elasticsearch or OpenSearch, such as https://search:9200.",
    ),
    click.option(
        "--search-index",
        envvar="AGENTRIG_RUN_SEARCH_INDEX",
        default="agentrig",
        show_default=True,
        metavar="NAME",
        help="Index of the results: NAME-2026.11.21 for each day.",
    ),
    click.option(
        "--search-data-stream",
        envvar="AGENTRIG_RUN_SEARCH_DATA_STREAM",
        is_flag=True,
        help="Make the index a data stream, of just that name.",
    ),
    click.option(
        "--search-undated",
        envvar="AGENTRIG_RUN_SEARCH_UNDATED",
        is_flag=True,
        help="Use one index of just that name, as pytest-elk-reporter does.",
    ),
    click.option(
        "--search-ca",
        envvar="AGENTRIG_RUN_SEARCH_CA",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Authority of the search server's certificate, PEM, besides the system's.",
    ),
    click.option(
        "--search-env",
        envvar="AGENTRIG_RUN_SEARCH_ENV",
        multiple=True,
        metavar="NAME",
        help="Send this environment variable with the results. Repeatable.",
    ),
    click.option(
        "--search-timeout",
        envvar="AGENTRIG_RUN_SEARCH_TIMEOUT",
        default="30s",
        show_default=True,
        metavar="TIME",
        help="How long the end waits for a search server that does not take the results.",
    ),
    click.option(
        "--require-delivery",
        envvar="AGENTRIG_RUN_REQUIRE_DELIVERY",
        is_flag=True,
        help="Exit with 3, where it were 0, if the search server did not take everything.",
    ),
)


def search_options(command: CommandT) -> CommandT:
    """Add the options to a command; their values are for `search_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def search_of(given: Mapping[str, Any], secrets: Path | None) -> SearchSettings | None:
    """Give the server that the options name, None if they name none.

    Credentials are secrets: files of the folder `secrets`, else of the environment. Raises
    UsageError.
    """
    if not given["search_url"]:
        if given["require_delivery"]:
            raise UsageError(
                "--require-delivery is about a search server: say --search-url as well"
            )
        return None
    from agentrig._secrets import Secrets  # noqa: PLC0415  # see below
    from agentrig.scenario import parse_duration  # noqa: PLC0415  # see below
    from agentrig.search import search_settings  # noqa: PLC0415  # 5 ms that few runs pay

    try:
        timeout_s = parse_duration(given["search_timeout"])
    except ValueError as error:
        raise UsageError(f"--search-timeout: {error}") from error
    return search_settings(
        given["search_url"],
        index=given["search_index"],
        data_stream=given["search_data_stream"],
        dated=not given["search_undated"],
        ca=given["search_ca"],
        secrets=Secrets(secrets),
        timeout_s=timeout_s,
        require_delivery=given["require_delivery"],
        env=given["search_env"],
    )
