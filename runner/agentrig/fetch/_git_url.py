"""Addresses of Git repositories, taken apart and checked."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from agentrig._redact import redact_url
from agentrig.errors import UsageError

__all__ = ["GitUrl", "parse_git_url"]

# git-clone(1), "GIT URLS": [<user>@]<host>:/<path>, where no slash stands before the colon.
_SCP = re.compile(r"(?:(?P<user>[^@/:]+)@)?(?P<host>[^@/:\[\]]+|\[[^\]]+\]):(?P<path>[^/].*|/.*)")


class GitUrl(Struct, frozen=True, kw_only=True):
    """`scheme` is https, http or ssh; `shown` is the address as it was given."""

    scheme: str
    host: str
    port: int | None
    user: str | None
    path: str
    shown: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, as in `https://git.example.com:8443`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


def parse_git_url(url: str) -> GitUrl:
    """Read `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`.

    Raises UsageError for other addresses, and for one with a password or token in it.
    """
    if any(character <= " " for character in url):
        raise UsageError(f"{redact_url(url)!r} holds a space or control character: no Git URL")
    if "://" not in url:
        found = _SCP.fullmatch(url)
        if not found:
            raise _unknown(url)
        host = found["host"].strip("[]")
        return GitUrl(
            scheme="ssh", host=host, port=None, user=found["user"], path=found["path"], shown=url
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"'{redact_url(url)}' is no URL: {error}") from None
    if parts.scheme not in {"https", "http", "ssh"} or not parts.hostname:
        raise _unknown(url)
    if parts.password is not None or (parts.scheme != "ssh" and parts.username is not None):
        raise UsageError(
            f"'{redact_url(url)}' holds a credential, which everybody could read in the pod's "
            "spec: give it by --token-file or AGENTRIG_FETCH_GIT_TOKEN"
        )
    if parts.query or parts.fragment or parts.path in {"", "/"}:
        raise UsageError(f"'{redact_url(url)}' names no repository: write https://HOST/PATH")
    return GitUrl(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        user=unquote(parts.username) if parts.username else None,
        path=unquote(parts.path) if parts.scheme == "ssh" else parts.path,
        shown=url,
    )


def _unknown(url: str) -> UsageError:
    return UsageError(
        f"'{redact_url(url)}' is no Git URL that can be fetched: write https://HOST/PATH, "
        "ssh://USER@HOST/PATH or USER@HOST:PATH"
    )
