"""One POST, tried again for a while, of which nothing secret is ever said."""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from agentrig._excerpt import printable
from agentrig._redact import redact_text
from agentrig._secrets import Secrets
from agentrig.stream import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

__all__ = ["WITHIN_S", "NotSentError", "send"]

WITHIN_S = 20.0
"""How long a message may take in all: a pod that is told to end has 30 s for all that it does."""

_ATTEMPTS = 4
_ATTEMPT_S = 8.0
_FIRST_WAIT_S = 0.5
# Those that may be gone the next time. RFC 9110, 15.6; RFC 6585, 4.
_PASSING = frozenset({429, 500, 502, 503, 504})
# Those that keep the method and its body. RFC 9110, 15.4.
_REDIRECTS = frozenset({307, 308})
_MAX_REDIRECTS = 3
_EXCERPT_BYTES = 200
_LOGGERS = ("httpx", "httpcore")


class NotSentError(Exception):
    """A message did not get through; the text says why, and nothing of the URL but its host."""


class _TryAgainError(NotSentError):
    """The next attempt may get through, after `wait_s` if the server has said so."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def send(url: str, body: bytes, *, ca: Path | None = None, within_s: float = WITHIN_S) -> None:
    """Post a JSON body. Raises NotSentError, at the latest after `within_s`."""
    problem: list[Exception] = []
    sending = _Sending(url, body, ca=ca, until=time.monotonic() + within_s)

    def work() -> None:
        try:
            sending.run()
        except Exception as error:  # noqa: BLE001  # the border between two threads
            problem.append(error)

    # A server that drips its answer, and a name that is looked up, have no time limit of their own.
    thread = threading.Thread(target=work, name="webhook", daemon=True)
    thread.start()
    thread.join(within_s + 1)
    if thread.is_alive():
        raise NotSentError(f"no answer within {within_s:g} s")
    if problem:
        raise NotSentError(_hidden(url, str(problem[0]))) from None


class _Sending:
    def __init__(self, url: str, body: bytes, *, ca: Path | None, until: float) -> None:
        self._url = url
        self._body = body
        self._ca = ca
        self._until = until

    def run(self) -> None:
        import httpx  # noqa: PLC0415  # 40 ms, only for a message

        wait_s = _FIRST_WAIT_S
        with _silent(), httpx.Client(verify=_trust(self._ca), follow_redirects=False) as client:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._post(client, httpx.HTTPError)
                except _TryAgainError as error:
                    pause = wait_s if error.wait_s is None else error.wait_s
                    if attempt == _ATTEMPTS or pause >= self._left():
                        times = f", at attempt {attempt}" if attempt > 1 else ""
                        raise NotSentError(f"{error}{times}") from error
                    time.sleep(pause)
                    wait_s *= 2
                else:
                    return

    def _post(self, client: httpx.Client, errors: type[Exception]) -> None:
        url = self._url
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                with client.stream(
                    "POST",
                    url,
                    content=self._body,
                    headers={"content-type": "application/json; charset=utf-8"},
                    timeout=max(0.1, min(_ATTEMPT_S, self._left())),
                ) as response:
                    if response.is_success:
                        return
                    target = response.headers.get("location")
                    if response.status_code not in _REDIRECTS or not target:
                        raise _refused(response)
            except errors as error:
                raise _TryAgainError(_said(error)) from error
            following = urljoin(url, target)
            if _origin(following) != _origin(url):
                host = urlsplit(following).hostname or "another place"
                raise NotSentError(f"it redirects to {host}, to which a secret URL is not told")
            url = following
        raise NotSentError("it redirects again and again")

    def _left(self) -> float:
        return self._until - time.monotonic()


def _refused(response: httpx.Response) -> NotSentError:
    status = f"status {response.status_code}"
    if response.status_code in _PASSING:
        wait_s = _retry_after(response.headers.get("retry-after"))
        asked = f", and asks to wait for {wait_s:g} s" if wait_s else ""
        return _TryAgainError(f"{status}{asked}", wait_s)
    excerpt = b""
    for chunk in response.iter_bytes(_EXCERPT_BYTES):
        excerpt = chunk[:_EXCERPT_BYTES]
        break
    said = printable(excerpt.decode("utf-8", "replace").strip())
    return NotSentError(f"{status}: {said}" if said else status)


def _retry_after(value: str | None, now: Callable[[], dt.datetime] = utc_now) -> float | None:
    """Read `Retry-After` (RFC 9110, 10.2.3): seconds, or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0.0, (at - now()).total_seconds())


def _trust(ca: Path | None) -> ssl.SSLContext:
    """Trust whom the system, or SSL_CERT_FILE, trusts, and who is named."""
    try:
        context = ssl.create_default_context()
        if ca:
            context.load_verify_locations(ca)
    except OSError as error:  # ssl.SSLError is one
        raise NotSentError(f"cannot use the certificates in '{ca}': {error.strerror}") from error
    return context


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


def _said(error: Exception) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name


def _hidden(url: str, text: str) -> str:
    """Leave out what a server, or a library, repeats of the URL."""
    secrets = Secrets()
    parts = urlsplit(url)
    for part in (url, parts.path, parts.query, parts.password or "", *parts.path.split("/")[-1:]):
        secrets.add(part)
    return secrets.hide(redact_text(text))


@contextmanager
def _silent() -> Iterator[None]:
    """Keep the HTTP client from logging the URL."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.disabled = was
