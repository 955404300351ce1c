"""Tokens for a run: OAuth 2.0 client credentials, RFC 6749, 4.4."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from agentrig._redact import REDACTED, cut, redact_url
from agentrig.errors import InfraError, TargetError
from agentrig.steps._messages import LateError, NoAnswerError, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.steps._auth import OAuth2
    from agentrig.steps._clients import Clients
    from agentrig.steps._messages import Response
    from agentrig.steps._tls import Tls

__all__ = ["TokenSource", "source_key"]

# A token must still hold when the request arrives: it is renewed so long before its end, or for
# short-lived ones in the last tenth.
_BEFORE_END_S = 10.0
_BEFORE_END_SHARE = 0.1
# An answer of a token endpoint is small; an error page need not be read whole.
_MAX_ANSWER = 1 << 20
_SHOWN_CHARACTERS = 200
# Whoever waits for a token must still be there to tell whose fault it is that none comes.
_TIMEOUT_SHARE = 0.9
_OK = 200


def source_key(settings: OAuth2, tls: Tls | None) -> str:
    """Name a source of tokens; equal settings share one. The secret is not in the name."""
    text = json.dumps([settings.model_dump(), repr(tls)])
    return f"oauth2:{hashlib.sha256(text.encode()).hexdigest()}"


class TokenSource:
    """Keeps the token of a client, and fetches another one when it ends or is refused.

    However many steps ask at once, one request is made.
    """

    def __init__(
        self,
        settings: OAuth2,
        clients: Clients,
        *,
        tls: Tls | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch nothing yet. `tls` is for the token endpoint."""
        self._settings = settings
        self._clients = clients
        self._tls = tls
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: str | None = None
        self._ends = 0.0

    async def token(self, *, timeout_s: float, refused: str | None = None) -> str:
        """Give a token that holds, and is not the `refused` one.

        Raises InfraError, which names the endpoint, when there is none within `timeout_s`.
        """
        if token := self._valid(refused):
            return token
        end = time.monotonic() + timeout_s * _TIMEOUT_SHARE
        try:
            async with asyncio.timeout(timeout_s * _TIMEOUT_SHARE):
                await self._lock.acquire()
        except TimeoutError as error:
            raise InfraError(f"no token from {self._endpoint}: {LateError(timeout_s)}") from error
        try:
            return self._valid(refused) or await self._fetch(max(0.001, end - time.monotonic()))
        finally:
            self._lock.release()

    def _valid(self, refused: str | None) -> str | None:
        holds = self._token != refused and self._clock() < self._ends
        return self._token if holds else None

    async def _fetch(self, timeout_s: float) -> str:
        settings = self._settings
        fields = {
            "grant_type": "client_credentials",
            "scope": settings.scope,
            "audience": settings.audience,
        }
        # RFC 6749, 2.3.1: form-urlencoded first, so that a colon stays part of the name.
        pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.client_secret)}"
        request = Request(
            method="POST",
            url=settings.token_url,
            headers=[
                ("accept", "application/json"),
                ("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            body=urlencode({key: value for key, value in fields.items() if value}).encode(),
            timeout_s=timeout_s,
            max_body=_MAX_ANSWER,
            tls=self._tls,
        )
        try:
            response = await self._clients.send(request)
        except TargetError as error:
            raise TargetError(f"no token from {self._endpoint}: {error}") from error
        except NoAnswerError as error:
            raise InfraError(f"no token from {self._endpoint}: {error}") from error
        answer = _json_of(response)
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if response.status != _OK or not isinstance(token, str) or not token:
            raise InfraError(f"no token from {self._endpoint}: {self._problem(response, answer)}")
        self._token, self._ends = token, self._clock() + _lifetime_s(lasts)
        return token

    @property
    def _endpoint(self) -> str:
        return f"the token endpoint {redact_url(self._settings.token_url)}"

    def _problem(self, response: Response, answer: dict[str, Any]) -> str:
        """Say what it answered; RFC 6749, 5.2 has words for it."""
        if isinstance(answer.get("error"), str):
            said = ": ".join(
                str(answer[key]) for key in ("error", "error_description") if answer.get(key)
            )
        elif response.status == _OK:
            said = "no 'access_token' in it"
        else:
            said = response.body.decode(errors="replace").strip() or "nothing in it"
        secret = self._settings.client_secret
        said = said.replace(secret, REDACTED) if secret else said
        return f"status {response.status}, {cut(said, _SHOWN_CHARACTERS)}"


def _json_of(response: Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _lifetime_s(lasts: Any) -> float:
    """Give for how long a token is used: RFC 6749, 5.1, `expires_in`; some write it as text."""
    try:
        seconds = float(lasts)
    except (TypeError, ValueError):
        return float("inf")
    return seconds - min(_BEFORE_END_S, seconds * _BEFORE_END_SHARE)
