"""The playground: one HTTP server that does whatever a scenario wants to try.

What it remembers is made by its callers, under names of their own, so that scenarios that run at
once do not meet. `GET /` lists what it serves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from agentrig.demo.bodies import json_app
from agentrig.demo.playground_accounts import account_routes
from agentrig.demo.playground_answers import answer_routes
from agentrig.demo.playground_chat import chat_routes
from agentrig.demo.playground_echo import echo_routes
from agentrig.demo.playground_events import event_routes
from agentrig.demo.playground_state import state_routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["playground_app"]

_SERVED = {
    "/echo": "what the request held; also below: /echo/a/b",
    "/status/{code}": "that status",
    "/delay/{ms}": "an answer after so many milliseconds",
    "/catalog": "a document with one of each JSON type",
    "/compressed/{gzip|deflate}": "a compressed body",
    "/large/{bytes}": "a body of that size",
    "/redirect/{times}": "redirects, one after the other, and then /echo",
    "/redirect-to?path=&status=": "one redirect",
    "/redirect-loop": "a redirect to itself",
    "/cookies": "the cookies that came; /cookies/set?name=&value=&path=&max_age= sets one, "
    "/cookies/expire?name= takes it back",
    "/jobs": 'POST {"polls": 3}: a job that is done at the fourth look at /jobs/{id}',
    "/flaky/{key}?failures=2": "503 twice, then 200, and so on",
    "/items": "POST creates, GET lists (?member=value), GET and DELETE /items/{id}",
    "/exclusive/{key}?ms=50": "409 while another request for the key is there",
    "/accounts": 'POST {"token_lives_s": 60}: a user with a password; GET /accounts/{user} '
    "counts the tokens",
    "/basic": "wants a user with a password",
    "/bearer": "wants a token",
    "/oauth/token": "gives one for client credentials: user and password of an account",
    "/events?count=3&every_ms=0&event=": "server-sent events; also /events/story, "
    "/events/endless?every_ms=10, /events/silent?count=1",
    "/v1/chat/completions": "chat completions in OpenAI's shape, streamed or not; /v1/models",
}


def playground_app(now: Callable[[], float] = time.monotonic) -> Starlette:
    """Build the application, with nothing remembered; `now` tells when tokens end, in seconds."""
    return json_app(
        Route("/", _root),
        Route("/health/live", _live),
        Route("/health/ready", _live),
        *answer_routes(),
        *echo_routes(),
        *state_routes(),
        *account_routes(now),
        *event_routes(),
        *chat_routes(),
    )


async def _root(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "agent": "playground", "serves": _SERVED})


async def _live(_request: Request) -> Response:
    return JSONResponse({"status": "live"})
