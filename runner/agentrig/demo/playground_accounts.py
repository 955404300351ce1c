"""Accounts of the playground, and three ways to prove one: basic, bearer, OAuth 2 (RFC 6749).

`POST /accounts` makes an account with a password of its own, so that scenarios that run at once
never meet, and none has to hold a password.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.exceptions import HTTPException
from starlette.routing import Route

from agentrig.demo.bodies import error_response, read_body
from agentrig.demo.playground_json import AsciiJson, read_object
from agentrig.demo.playground_kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["account_routes"]

_LARGEST_BODY_BYTES = 64 * 1024
_LONGEST_TOKEN_LIFE_S = 24 * 3600
_NO_STORE = {"cache-control": "no-store"}  # RFC 6749, 5.1


@dataclass(slots=True, kw_only=True)
class _Account:
    user: str
    password: str
    token_lives_s: int
    tokens_issued: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    account: _Account
    scope: str
    ends_at: float


def account_routes(now: Callable[[], float] = time.monotonic) -> list[Route]:
    """Give `/accounts`, `/basic`, `/bearer` and `/oauth/token`; `now` is in seconds."""
    accounts = _Accounts(now)
    return [
        Route("/accounts", accounts.create, methods=["POST"]),
        Route("/accounts/{user}", accounts.read),
        Route("/basic", accounts.basic),
        Route("/bearer", accounts.bearer),
        Route("/oauth/token", accounts.token, methods=["POST"]),
    ]


class _Accounts:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._accounts: Kept[_Account] = Kept()
        self._tokens: Kept[_Token] = Kept()

    async def create(self, request: Request) -> Response:
        """Make an account; `{"token_lives_s": 60}` says how long its tokens are good for."""
        body = await read_object(request)
        lives_s = body.get("token_lives_s", 3600)
        if type(lives_s) is not int or not 0 <= lives_s <= _LONGEST_TOKEN_LIFE_S:
            most = f"{_LONGEST_TOKEN_LIFE_S:,}"
            raise HTTPException(400, f"'token_lives_s' must be a whole number from 0 to {most}")
        account = _Account(
            user=f"user-{secrets.token_hex(6)}",
            password=secrets.token_urlsafe(18),
            token_lives_s=lives_s,
        )
        self._accounts[account.user] = account
        answer = {"user": account.user, "password": account.password}
        return AsciiJson(answer, status_code=201, headers=_NO_STORE)

    async def read(self, request: Request) -> Response:
        account = self._accounts.get(request.path_params["user"])
        if account is None:
            raise HTTPException(404)
        return AsciiJson({"user": account.user, "tokens_issued": account.tokens_issued})

    async def basic(self, request: Request) -> Response:
        account = self._find(_basic_of(request))
        if account is None:
            response = error_response(401, "Unauthorized", "user and password are not known here")
            response.headers["www-authenticate"] = 'Basic realm="playground", charset="UTF-8"'
            return response
        return AsciiJson({"user": account.user, "by": "basic"})

    async def bearer(self, request: Request) -> Response:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        challenge = 'Bearer realm="playground"'
        if scheme.lower() == "bearer":
            token = self._tokens.get(value.strip())
            if token is not None and self._now() < token.ends_at:
                return AsciiJson({"user": token.account.user, "by": "bearer", "scope": token.scope})
            challenge += ', error="invalid_token"'  # RFC 6750, 3.1
        response = error_response(401, "Unauthorized", "no token that is good now")
        response.headers["www-authenticate"] = challenge
        return response

    async def token(self, request: Request) -> Response:
        """Issue a token for the client's own credentials (RFC 6749, 4.4)."""
        body = await read_body(request, limit_bytes=_LARGEST_BODY_BYTES)
        form = dict(parse_qsl(body.decode(errors="replace")))
        credentials = _basic_of(request)
        if credentials is None:
            credentials = form.get("client_id", ""), form.get("client_secret", "")
        else:
            credentials = unquote_plus(credentials[0]), unquote_plus(credentials[1])
        account = self._find(credentials)
        if account is None:
            response = _refused(401, "invalid_client", "the client's id or secret is wrong")
            response.headers["www-authenticate"] = 'Basic realm="playground"'
            return response
        if "grant_type" not in form:
            return _refused(400, "invalid_request", "'grant_type' is missing")
        if form["grant_type"] != "client_credentials":
            return _refused(400, "unsupported_grant_type", "only client_credentials is known here")
        account.tokens_issued += 1
        value = secrets.token_urlsafe(24)
        token = _Token(
            account=account,
            scope=form.get("scope", ""),
            ends_at=self._now() + account.token_lives_s,
        )
        self._tokens[value] = token
        answer: dict[str, Any] = {
            "access_token": value,
            "token_type": "Bearer",
            "expires_in": account.token_lives_s,
        }
        if token.scope:
            answer["scope"] = token.scope
        return AsciiJson(answer, headers=_NO_STORE)

    def _find(self, credentials: tuple[str, str] | None) -> _Account | None:
        user, password = credentials or ("", "")
        account = self._accounts.get(user)
        if account and secrets.compare_digest(account.password.encode(), password.encode()):
            return account
        return None


def _basic_of(request: Request) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _refused(status: int, error: str, description: str) -> AsciiJson:
    answer = {"error": error, "error_description": description}  # RFC 6749, 5.2
    return AsciiJson(answer, status_code=status, headers=_NO_STORE)
