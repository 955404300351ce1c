"""What may go wrong between here and a Git server, in words that say what to check."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from agentrig.errors import FetchError, UsageError
from agentrig.fetch._git_auth import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.fetch._git_auth import SshKey
    from agentrig.fetch._git_url import GitUrl

__all__ = ["telling_trouble"]

_MAX_CHARACTERS = 300


@contextmanager
def telling_trouble(url: GitUrl, auth: Token | SshKey | None) -> Iterator[None]:
    """Raise what the libraries raise as UsageError or FetchError."""
    from dulwich.client import HTTPProxyUnauthorized, HTTPUnauthorized  # noqa: PLC0415
    from dulwich.errors import (  # noqa: PLC0415
        GitProtocolError,
        HangupException,
        NotGitRepository,
    )
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        yield
    except HTTPUnauthorized as error:
        raise FetchError(_refused(url, auth)) from error
    except HTTPProxyUnauthorized as error:
        raise FetchError(f"the proxy asks for a password on the way to {url.origin}") from error
    except NotGitRepository as error:
        raise UsageError(_no_repository(url, auth)) from error
    except HangupException as error:
        lines = b" ".join(error.stderr_lines or []).decode("utf-8", "replace")
        text = _shown(lines)
        if "not found" in text.lower() or "does not appear to be a git" in text.lower():
            raise UsageError(f"{_no_repository(url, auth)}; it says: {text}") from error
        raise FetchError(
            f"{url.origin} ended the connection" + (f": {text}" if text else "")
        ) from error
    except GitProtocolError as error:
        text = _shown(str(error))
        if "not found" in text.lower():
            raise UsageError(f"{_no_repository(url, auth)}; it says: {text}") from error
        if " 403 " in f" {text} ":
            raise FetchError(_refused(url, auth)) from error
        raise FetchError(f"cannot fetch from {url.origin}: {_reason(error) or text}") from error
    except (HTTPError, OSError, EOFError) as error:
        raise FetchError(f"cannot reach {url.origin}: {_reason(error)}") from error


def _refused(url: GitUrl, auth: Token | SshKey | None) -> str:
    if isinstance(auth, Token):
        return (
            f"{url.origin} refused the token for {url.shown}: has it expired, may it read this "
            f"repository, and is '{auth.username}' the user name that goes with it (--username)?"
        )
    return f"{url.shown} asks for a token: give one by --token-file or AGENTRIG_FETCH_GIT_TOKEN"


def _no_repository(url: GitUrl, auth: Token | SshKey | None) -> str:
    hidden = "may the credential read it" if auth else "does it need a credential"
    return f"no Git repository at {url.shown}: is the path right, and {hidden}?"


def _reason(error: BaseException) -> str:
    """Find the cause that a person can do something about: the innermost that has words."""
    text = str(error)
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
        text = str(inner) or text
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror
    return _shown(text) or type(error).__name__


def _shown(text: str) -> str:
    """One line of what a server said, without what steers a terminal."""
    line = " ".join(text.split())
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return line[:_MAX_CHARACTERS]
