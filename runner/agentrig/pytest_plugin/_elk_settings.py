"""What pytest-elk-reporter's options say, as settings of a search server."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Protocol

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from agentrig._secrets import Secrets
    from agentrig.search import SearchSettings

__all__ = ["ElkOptions", "elk_settings"]

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class ElkOptions(Protocol):
    """The options, by pytest-elk-reporter's names for them."""

    es_username: str | None
    es_password: str | None
    es_api_key: str | None
    es_index_name: str
    es_timeout: float | str


def elk_settings(given: ElkOptions, *, address: str, secrets: Secrets) -> SearchSettings:
    """Give the settings of the server at `address`, which is a URL or HOST:PORT.

    `${NAME}` in the options is a variable of the environment, and in those that are secret one of
    `secrets`; these are hidden from then on. Raises UsageError that names the option.
    """
    from agentrig.search import search_settings  # noqa: PLC0415  # 5 ms that few runs pay

    address = _filled("es_address", address, None)
    api_key = _filled("es_api_key", given.es_api_key or "", secrets)
    username = _filled("es_username", given.es_username or "", None)
    return search_settings(
        address if address.startswith(("http://", "https://")) else f"http://{address}",
        index=_filled("es_index_name", given.es_index_name, None),
        dated=False,
        secrets=secrets,
        api_key=api_key or None,
        username=username or None,
        password=_filled("es_password", given.es_password or "", secrets) or None,
        timeout_s=_seconds(given.es_timeout),
    )


def _filled(option: str, text: str, secrets: Secrets | None) -> str:
    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        value = os.environ.get(name) if secrets is None else secrets.get(name)
        if value is None:
            where = "the environment" if secrets is None else "--secrets, nor in the environment"
            raise UsageError(f"{option}: there is no '{name}' in {where}")
        return value

    return _NAME.sub(value_of, text.strip())


def _seconds(text: float | str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"es_timeout: '{text}' is no number of seconds, such as 10")
    return seconds
