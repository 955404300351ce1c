"""The way of one request: over redirects, with cookies, in the time that it has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig._redact import redact_url
from agentrig.errors import TargetError
from agentrig.steps._faults import fault_of
from agentrig.steps._messages import NOT_ASCII, LateError, NoAnswerError, Request, Response
from agentrig.steps._redirects import (
    ABOUT_BODY,
    FOR_ORIGIN,
    Hop,
    RedirectError,
    location_of,
    loop_text,
    method_after,
    same_origin,
)

if TYPE_CHECKING:
    from pyreqwest.http import HeaderMap
    from pyreqwest.response import Response as Answer

__all__ = ["Way"]


class Way:
    """Follows a request from redirect to redirect."""

    def __init__(self, request: Request) -> None:
        """Begin now: the request's time runs."""
        self._first = request
        self._begin = time.monotonic()
        self._hops: tuple[Hop, ...] = ()
        self._cookies: dict[str, str] = {}

    def response(self, request: Request, answer: Answer) -> Response:
        """Make a response of what came first: all but its body."""
        headers = _readable(answer.headers)
        if request.jar is not None:
            self._cookies |= request.jar.keep(request.url, headers)
        return Response(
            status=answer.status,
            headers=headers,
            body=b"",
            url=request.url,
            hops=self._hops,
            cookies=self._cookies,
        )

    def after(self, request: Request, response: Response) -> Request | None:
        """Give the request that a redirect asks for; None when the response is the last one.

        Raises NoAnswerError for a redirect too many, or to nowhere.
        """
        try:
            location = location_of(response.status, request.url, response.headers)
        except RedirectError as error:
            raise NoAnswerError(f"no whole response: {error}", response) from error
        if location is None:
            return None
        if location.endswith(NOT_ASCII):
            problem = "no whole response: it redirects to a URL that is not ASCII"
            raise NoAnswerError(problem, response)
        hop = Hop(method=request.method, url=request.url, status=response.status, location=location)
        self._hops = (*self._hops, hop)
        if len(self._hops) > self._first.redirects:
            limit = self._first.redirects
            problem = f"more than {limit} redirect{'s' * (limit != 1)}, {loop_text(self._hops)}"
            raise NoAnswerError(problem, response)
        left = self._begin + self._first.timeout_s - time.monotonic()
        if left <= 0:
            raise LateError(self._first.timeout_s, response)
        return _redirected(replace(request, timeout_s=left), response.status, location)

    def fault(self, error: Exception, connect_s: float, response: Response | None) -> Exception:
        """Translate an error of the library, with what had come until then."""
        fault = fault_of(error, connect_s=connect_s, timeout_s=self._first.timeout_s)
        if isinstance(fault, NoAnswerError):
            fault.response = response
        elif isinstance(fault, TargetError) and self._hops:
            fault = TargetError(f"redirected to {redact_url(self._hops[-1].location)}: {fault}")
        return fault


def _redirected(request: Request, status: int, location: str) -> Request:
    """Make the next request: RFC 9110, 15.4, and the Fetch standard, HTTP-redirect fetch."""
    method, dropped = method_after(status, request.method), frozenset[str]()
    body = request.body
    if method != request.method:
        dropped, body = ABOUT_BODY, None
    cookies, tls = request.cookies, request.tls
    if not same_origin(request.url, location):
        dropped |= FOR_ORIGIN
        cookies = None
        # Who the client is, and by what name the first host went, is no other host's business.
        tls = replace(tls, cert=None, key=None, server_name=None) if tls else None
    headers = [one for one in request.headers if one[0].lower() not in dropped]
    return replace(
        request,
        method=method,
        url=location,
        headers=headers,
        body=body,
        cookies=cookies,
        tls=tls,
    )


def _readable(headers: HeaderMap) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(headers.items())
    except ValueError:
        found: list[tuple[str, str]] = []
        for name in dict.fromkeys(headers):
            try:
                found += [(name, value) for value in headers.getall(name)]
            except ValueError:
                found.append((name, NOT_ASCII))
        return tuple(found)
