"""Requests to Elasticsearch and OpenSearch, which take the same ones.

Elasticsearch's own library refuses OpenSearch and the other way round; what is needed of both is
little, and the HTTP library of the steps is loaded in a run anyway.
"""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
from pyreqwest.client import SyncClientBuilder
from pyreqwest.exceptions import (
    DetailedPyreqwestError,
    PyreqwestError,
    RequestTimeoutError,
)

from agentrig._redact import redact_text
from agentrig.errors import SearchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyreqwest.response import SyncResponseBodyReader

    from agentrig.search._settings import SearchSettings

__all__ = ["JSON", "NDJSON", "SearchClient", "reason_of"]

JSON = "application/json"
NDJSON = "application/x-ndjson"

CONNECT_S = 10.0
MAX_ANSWER = 64 << 20
_MAX_REASON = 300
_MAX_RETRY_AFTER_S = 300.0
# Below this the work is more than what the network saves.
_WORTH_PACKING = 1024
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_TOO_MANY = 429
_CLIENT_ERRORS = range(300, 500)
# Time-outs of servers in between, and a server that is still starting: to ask again helps.
_PASSING = {408, 425, _TOO_MANY}
_OK = range(200, 300)
_MANUAL = re.compile(r": https://docs\.rs/\S+")
_CERTIFICATE = "invalid peer certificate"


class SearchClient:
    """Asks one server. For one thread at a time."""

    def __init__(self, settings: SearchSettings) -> None:
        """Connect to nothing yet. Raises UsageError for an authority that cannot be used."""
        self.url = settings.url
        builder = (
            SyncClientBuilder()
            .follow_redirects(enable=False)
            .default_cookie_store(enable=False)
            .connect_timeout(timedelta(seconds=CONNECT_S))
            .user_agent("agentrig")
        )
        if settings.ca:
            builder = builder.add_root_certificate_pem(settings.ca.read_bytes())
        try:
            self._client = builder.build()
        except PyreqwestError as error:
            if settings.ca is None:
                raise
            raise UsageError(f"the authority '{settings.ca}' holds no valid certificate") from error
        self._authorization = settings.authorization

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        *,
        media_type: str = JSON,
        headers: Mapping[str, str] = _NO_HEADERS,
        packed: bool = True,
        timeout_s: float = 30.0,
    ) -> Any:
        """Give the JSON of an answer; `path` begins with a slash and holds the query.

        Raises SearchError for no answer, for one that is an error, and for one that is no JSON.
        """
        request = self._client.request(method, f"{self.url}{path}")
        request = request.timeout(timedelta(seconds=timeout_s)).header("accept", JSON)
        if self._authorization:
            request = request.header("authorization", self._authorization, is_sensitive=True)
        for name, value in headers.items():
            request = request.header(name, value)
        if content is not None:
            request = request.header("content-type", media_type)
            if packed and len(content) > _WORTH_PACKING:
                # Level 1: a third of the time of the usual 6, and a tenth more bytes.
                content = gzip.compress(content, compresslevel=1)
                request = request.header("content-encoding", "gzip")
            request = request.body_bytes(content)
        try:
            with request.build_streamed() as response:
                status = response.status
                retry_after = response.get_header("retry-after")
                body = _read(response.body_reader)
        except PyreqwestError as error:
            raise self._no_answer(error, timeout_s) from error
        return self._judged(status, body, retry_after)

    def _judged(self, status: int, body: bytes, retry_after: str | None) -> Any:
        try:
            answer = msgspec.json.decode(body)
        except (ValueError, RecursionError):
            answer = None
        if status in _OK and answer is not None:
            return answer
        if status in _OK:
            # A page for people to log in, or a proxy's: no search server says this.
            raise SearchError(
                f"{self.url} answers with {status} and no JSON: is it a search server?",
                lasting=True,
                status=status,
            )
        reason = _reason_in(answer)
        raise SearchError(
            f"{self.url} answers with {status}" + (f": {reason}" if reason else ""),
            lasting=status in _CLIENT_ERRORS and status not in _PASSING,
            status=status,
            reason=reason,
            retry_after_s=_seconds(retry_after),
        )

    def _no_answer(self, error: PyreqwestError, timeout_s: float) -> SearchError:
        cause = _MANUAL.sub("", _causes(error)[-1])
        if isinstance(error, RequestTimeoutError):
            return SearchError(f"{self.url} gives no answer within {timeout_s:.3g} s")
        lasting = _CERTIFICATE in cause
        hint = " (name its authority by --search-ca)" if lasting else ""
        return SearchError(f"cannot reach {self.url}: {cause}{hint}", lasting=lasting)


def _read(reader: SyncResponseBodyReader) -> bytes:
    """Read an answer to its end, or to where no answer that is meant well goes on."""
    pieces, size = [], 0
    while size < MAX_ANSWER and (piece := reader.read_chunk()):
        pieces.append(bytes(piece))
        size += len(pieces[-1])
    return b"".join(pieces)


def _reason_in(answer: Any) -> str:
    if not isinstance(answer, dict):
        return ""
    error, message = answer.get("error"), answer.get("message")
    if isinstance(error, str) and isinstance(message, str):
        return reason_of(f"{error}: {message}")  # as Kibana and OpenSearch Dashboards say it
    return reason_of(error)


def reason_of(error: Any) -> str:
    """Say in one line what the `error` of an answer says; empty if that is nothing."""
    if isinstance(error, dict):
        parts = [str(error[name]) for name in ("type", "reason") if error.get(name)]
        cause = error.get("caused_by")
        if isinstance(cause, dict) and cause.get("reason"):
            parts.append(str(cause["reason"]))
        error = ": ".join(parts)
    text = redact_text(str(error or ""))
    text = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * _MAX_REASON])
    text = " ".join(text.split())
    return text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 3] + "..."


def _causes(error: PyreqwestError) -> list[str]:
    """List what went wrong, the innermost cause last."""
    if isinstance(error, DetailedPyreqwestError):
        causes = [cause["message"] for cause in error.details.get("causes") or ()]
        return causes or [error.message]
    return [str(error)]


def _seconds(retry_after: str | None) -> float | None:
    """Read what a server asks to wait; as a date (RFC 9110, 10.2.3) no search server says it."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return min(float(retry_after), _MAX_RETRY_AFTER_S)
