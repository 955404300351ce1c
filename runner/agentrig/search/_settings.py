"""Which search server results go to, as whom, and into which index."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct

from agentrig.errors import UsageError
from agentrig.search._environment import checked_variables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentrig._secrets import Secrets

__all__ = ["DEFAULT_INDEX", "DEFAULT_TIMEOUT_S", "SearchSettings", "search_settings"]

DEFAULT_INDEX = "agentrig"
DEFAULT_TIMEOUT_S = 30.0

API_KEY = "AGENTRIG_SEARCH_API_KEY"
USERNAME = "AGENTRIG_SEARCH_USERNAME"
PASSWORD = "AGENTRIG_SEARCH_PASSWORD"  # noqa: S105  # its name

# Of an index there are 255 bytes at most, of which a date takes 11.
_MAX_NAME = 230
# Elasticsearch 9.1, Create index, Path parameters.
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_.+@&()\[\]{};=!$%^~'-]")


class SearchSettings(Struct, frozen=True, kw_only=True):
    """A server and an index; `url` holds no credentials, and no slash at its end.

    Documents go into an index for each day, `INDEX-2026.11.21`; else into the `data_stream` of that
    name, or into just `index` where it is not `dated`. `authorization` is the value of the header,
    and `credentials` are the texts that must show nowhere.
    `timeout_s` is how long the end of a run waits for what is not delivered yet. `env` names the
    variables of the environment that documents may hold.
    """

    url: str
    index: str = DEFAULT_INDEX
    data_stream: bool = False
    dated: bool = True
    ca: Path | None = None
    authorization: str | None = None
    credentials: tuple[str, ...] = ()
    timeout_s: float = DEFAULT_TIMEOUT_S
    require_delivery: bool = False
    env: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say where to, and not as whom: it may stand in a traceback."""
        return f"SearchSettings(url={self.url!r}, index={self.index!r})"

    @property
    def pattern(self) -> str:
        """Which indices the template is for, and no other index of agentrig's."""
        return f"{self.index}-20*" if self._is_dated else self.index

    @property
    def template(self) -> str:
        """Name the index template."""
        return f"{self.index}-data-stream" if self.data_stream else self.index

    @property
    def everywhere(self) -> str:
        """Name all that may hold a document that was delivered before."""
        return self.pattern

    def place(self, day: str) -> str:
        """Name the index of a document of a `day`, such as `2026-11-21`."""
        return f"{self.index}-{day.replace('-', '.')}" if self._is_dated else self.index

    @property
    def _is_dated(self) -> bool:
        return self.dated and not self.data_stream


def search_settings(
    url: str,
    *,
    index: str = DEFAULT_INDEX,
    data_stream: bool = False,
    dated: bool = True,
    ca: Path | None = None,
    secrets: Secrets,
    api_key: str | None = None,
    username: str | None = None,
    password: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    require_delivery: bool = False,
    env: Sequence[str] = (),
) -> SearchSettings:
    """Check what is asked for, and find the credentials.

    These are `api_key`, or `username` and `password`, else those of the URL, else the secrets
    AGENTRIG_SEARCH_API_KEY, or AGENTRIG_SEARCH_USERNAME with AGENTRIG_SEARCH_PASSWORD. They are
    among the settings' `credentials`, to be hidden. Raises UsageError.
    """
    url, *of_url = _split(url)
    if not index or _NOT_IN_A_NAME.search(index) or index[0] in "-_+." or len(index) > _MAX_NAME:
        raise UsageError(
            f"'{index}' cannot be the name of an index: use lower-case letters, digits, '-' and '_'"
        )
    if ca is not None:
        _check_ca(ca)
    if api_key is None and username is None:
        username, password = of_url
    if api_key is None and username is None:
        api_key, username = secrets.get(API_KEY), secrets.get(USERNAME)
        password = secrets.get(PASSWORD) if username else None
    if username and password is None:
        password = secrets.get(PASSWORD)
    authorization, credentials = _authorization(api_key, username, password)
    return SearchSettings(
        url=url,
        index=index,
        data_stream=data_stream,
        dated=dated,
        ca=ca,
        authorization=authorization,
        credentials=credentials,
        timeout_s=timeout_s,
        require_delivery=require_delivery,
        env=checked_variables(env),
    )


def _split(url: str) -> tuple[str, str | None, str | None]:
    """Take the user and the password out of a URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        # What is wrong may be the password's part.
        raise UsageError("the URL of the search server is none: write https://HOST:PORT")
    if parts.query or parts.fragment:
        raise UsageError("the URL of the search server ends with its path: write https://HOST:PORT")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = host if port is None else f"{host}:{port}"
    clean = urlunsplit((parts.scheme, where, parts.path.rstrip("/"), "", ""))
    user, password = parts.username, parts.password
    return clean, unquote(user) if user else None, unquote(password) if password else None


def _authorization(
    key: str | None, username: str | None, password: str | None
) -> tuple[str | None, tuple[str, ...]]:
    """Give the value of the header, and what of it is secret."""
    if key and username:
        raise UsageError(f"both {API_KEY} and {USERNAME} are given: keep one of them")
    if key:
        # As `encoded` in the answer that made it, or its `id:api_key`.
        value = _base64(key) if ":" in key else key
        return f"ApiKey {_sendable(value, API_KEY)}", (key, value)
    if not username:
        return None, ()
    if password is None:
        raise UsageError(f"the user '{username}' has no password: set {PASSWORD}")
    value = _base64(f"{username}:{password}")
    return f"Basic {value}", (password, value)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _sendable(value: str, name: str) -> str:
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise UsageError(f"{name} is no API key: it holds blanks or other letters than ASCII's")
    return value


def _check_ca(ca: Path) -> None:
    try:
        pem = ca.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the authority '{ca}': {error.strerror}") from error
    # The library takes a file without any certificate in silence.
    if b"CERTIFICATE-----" not in pem:
        raise UsageError(f"the authority '{ca}' is no PEM file with a certificate")
