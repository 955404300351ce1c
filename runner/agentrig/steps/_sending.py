"""From a step to its request, and from the request to what came: the same for every kind."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from msgspec import Struct

from agentrig.errors import TargetError
from agentrig.steps._messages import Form, Request, Response
from agentrig.targets import is_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agentrig.steps._auth import OAuth2
    from agentrig.steps._context import StepContext
    from agentrig.steps._messages import Streamed
    from agentrig.steps._request_step import RequestStep
    from agentrig.targets import Target

__all__ = ["Sending", "prepare"]

# The URL parser below would read a backslash as a slash, and drop spaces at the end.
_ESCAPES = str.maketrans({"\\": "%5C", " ": "%20"})
_UNAUTHORIZED = 401
_AUTHORIZATION = "authorization"


class Sending(Struct):
    """A request that is ready to be sent.

    All of its methods raise TargetError when no connection comes about, NoAnswerError when one
    did and no usable response came, InfraError when a token cannot be had, and UsageError for
    files that cannot be read.
    """

    request: Request
    target: Target
    context: StepContext
    oauth2: OAuth2 | None
    begun: float = 0.0

    @property
    def elapsed_ms(self) -> float:
        """The milliseconds since the request began; a token is fetched before."""
        return (time.perf_counter() - self.begun) * 1000

    async def send(self) -> Response:
        """Send it and read the whole response; a refused token is renewed once."""
        token = await self.authorize()
        response = await self._send()
        if token and response.status == _UNAUTHORIZED and await self.authorize(token) != token:
            response = await self._send()
        return response

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Streamed]:
        """Send it and give the response once its head has come; a refused token is renewed once."""
        token = await self.authorize()
        self.begun = time.perf_counter()
        try:
            async with self.context.clients.open(self.request) as streamed:
                if not token or streamed.status != _UNAUTHORIZED:
                    yield streamed
                    return
            await self.authorize(token)
            self.begun = time.perf_counter()
            async with self.context.clients.open(self.request) as streamed:
                yield streamed
        except TargetError as error:
            raise self.target.unreachable(error) from error

    async def _send(self) -> Response:
        self.begun = time.perf_counter()
        try:
            return await self.context.clients.send(self.request)
        except TargetError as error:
            raise self.target.unreachable(error) from error

    async def authorize(self, refused: str | None = None) -> str | None:
        """Put a token into the request that is not the `refused` one, and give it.

        None when the request needs none.
        """
        if self.oauth2 is None:
            return None
        from agentrig.steps._oauth2 import TokenSource, source_key  # noqa: PLC0415  # few steps

        settings, context = self.oauth2, self.context

        async def make() -> TokenSource:
            return TokenSource(settings, context.clients, tls=self.request.tls)

        source = await context.resource(source_key(settings, self.request.tls), make)
        token = await source.token(timeout_s=context.timeout_s, refused=refused)
        context.hide(token)
        headers = [one for one in self.request.headers if one[0].lower() != _AUTHORIZATION]
        self.request.headers = [*headers, (_AUTHORIZATION, f"Bearer {token}")]
        return token


async def prepare(
    step: RequestStep,
    context: StepContext,
    method: str,
    *,
    body: bytes | Form | None = None,
    content_type: str | None = None,
) -> Sending:
    """Make the request of a step; `content_type` holds unless the step's headers say another.

    Raises TargetError when a tunnel to the target does not come about.
    """
    target = await context.find_target(step.endpoint)
    url = target.url
    if step.path != "/" or not is_url(step.endpoint):
        url = url.removesuffix("/") + step.path.translate(_ESCAPES)
    if step.query:
        url = _with_query(url, urlencode(step.query, doseq=True, quote_via=quote, errors="replace"))
    headers = list(step.headers.items())
    if content_type and not any(name.lower() == "content-type" for name in step.headers):
        headers.append(("content-type", content_type))
    auth = step.auth
    if auth is not None and auth.basic is not None:
        headers.append((_AUTHORIZATION, auth.basic.header()))
    elif auth is not None and auth.bearer is not None:
        headers.append((_AUTHORIZATION, f"Bearer {auth.bearer}"))
    request = Request(
        method=method,
        url=url,
        headers=headers,
        body=body,
        timeout_s=context.timeout_s,
        connect_timeout_s=step.connect_timeout,
        max_body=step.max_body,
        redirects=step.redirects,
        tls=step.tls.settings(context.folder) if step.tls else None,
        jar=context.cookies,
        cookies=step.cookies,
    )
    return Sending(request, target, context, auth.oauth2 if auth else None)


def _with_query(url: str, query: str) -> str:
    """Append parameters to those that a URL has already; its fragment stays last."""
    url, mark, fragment = url.partition("#")
    joint = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{joint}{query}{mark}{fragment}"
