"""What the playground remembers: jobs, flaky answers, items, cookies, who is busy."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from agentrig.demo.bodies import error_response
from agentrig.demo.playground_answers import whole_number
from agentrig.demo.playground_json import AsciiJson, read_object
from agentrig.demo.playground_kept import Kept

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["state_routes"]

_MOST_TIMES = 1_000
_LONGEST_HOLD_MS = 10_000


def state_routes() -> list[Route]:
    """Give `/jobs`, `/flaky`, `/items`, `/exclusive` and `/cookies`, with fresh state."""
    jobs, flaky, items, exclusive = _Jobs(), _Flaky(), _Items(), _Exclusive()
    return [
        Route("/jobs", jobs.create, methods=["POST"]),
        Route("/jobs/{id}", jobs.read),
        Route("/flaky/{key}", flaky.answer),
        Route("/items", items.create, methods=["POST"]),
        Route("/items", items.list),
        Route("/items/{id}", items.read),
        Route("/items/{id}", items.delete, methods=["DELETE"]),
        Route("/exclusive/{key}", exclusive.hold),
        Route("/cookies", _cookies),
        Route("/cookies/set", _set_cookie),
        Route("/cookies/expire", _expire_cookie),
    ]


@dataclass(slots=True)
class _Job:
    polls: int
    polled: int = 0


class _Jobs:
    """Work that takes as many looks as its caller says, so that nothing depends on time."""

    def __init__(self) -> None:
        self._jobs: Kept[_Job] = Kept()

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        polls = body.get("polls", 3)
        if type(polls) is not int or not 0 <= polls <= _MOST_TIMES:
            raise HTTPException(400, f"'polls' must be a whole number from 0 to {_MOST_TIMES:,}")
        job_id = str(uuid.uuid4())
        self._jobs[job_id] = _Job(polls)
        answer = {"id": job_id, "state": "running"}
        return AsciiJson(answer, status_code=202, headers={"location": f"/jobs/{job_id}"})

    async def read(self, request: Request) -> Response:
        job_id = request.path_params["id"]
        job = self._jobs.get(job_id)
        if job is None:
            raise HTTPException(404)
        job.polled += 1
        state = "done" if job.polled > job.polls else "running"
        return AsciiJson({"id": job_id, "state": state, "polled": job.polled})


class _Flaky:
    """Fails a number of times for each key, then answers once, and begins again."""

    def __init__(self) -> None:
        self._failed: Kept[int] = Kept()

    async def answer(self, request: Request) -> Response:
        key = request.path_params["key"]
        failures = whole_number(request, "failures", default=2, most=_MOST_TIMES)
        failed = self._failed.get(key, 0)
        if failed < failures:
            self._failed[key] = failed + 1
            message = f"failure {failed + 1} of {failures}"
            return error_response(503, "Unavailable", message)
        self._failed.pop(key, None)
        return AsciiJson({"key": key, "failures": failed})


class _Items:
    def __init__(self) -> None:
        self._items: Kept[dict[str, Any]] = Kept()

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        item = {**body, "id": str(uuid.uuid4())}
        self._items[item["id"]] = item
        location = f"/items/{item['id']}"
        return AsciiJson(item, status_code=201, headers={"location": location})

    async def list(self, request: Request) -> Response:
        """List the items whose members are what the query says, the oldest first."""
        wanted = request.query_params.items()
        found = [
            item
            for item in self._items.values()
            if all(str(item.get(name)) == value for name, value in wanted)
        ]
        return AsciiJson(found)

    async def read(self, request: Request) -> Response:
        item = self._items.get(request.path_params["id"])
        if item is None:
            raise HTTPException(404)
        return AsciiJson(item)

    async def delete(self, request: Request) -> Response:
        if self._items.pop(request.path_params["id"], None) is None:
            raise HTTPException(404)
        return Response(status_code=204)


class _Exclusive:
    """Refuses whoever comes while another is there."""

    def __init__(self) -> None:
        self._busy: set[str] = set()

    async def hold(self, request: Request) -> Response:
        key = request.path_params["key"]
        ms = whole_number(request, "ms", default=50, most=_LONGEST_HOLD_MS)
        if key in self._busy:
            return error_response(409, "Conflict", f"somebody else is using '{key}'")
        self._busy.add(key)
        try:
            await asyncio.sleep(ms / 1000)
        finally:
            self._busy.discard(key)
        return AsciiJson({"key": key, "held_ms": ms})


async def _cookies(request: Request) -> Response:
    return AsciiJson({"cookies": request.cookies})


async def _set_cookie(request: Request) -> Response:
    """Set the cookie `name` to `value`, for `path` and `max_age` seconds if they are given."""
    name, value = _cookie_name(request), request.query_params.get("value", "")
    max_age = None
    if "max_age" in request.query_params:
        max_age = whole_number(request, "max_age", default=0, most=10**9)
    response = AsciiJson({"set": name})
    try:
        response.set_cookie(
            name, value, max_age=max_age, path=request.query_params.get("path", "/")
        )
    except ValueError:
        raise HTTPException(400, "no cookie can hold that") from None
    return response


async def _expire_cookie(request: Request) -> Response:
    name = _cookie_name(request)
    response = AsciiJson({"expired": name})
    response.delete_cookie(name, path=request.query_params.get("path", "/"))
    return response


def _cookie_name(request: Request) -> str:
    name = request.query_params.get("name", "")
    if not (name.isascii() and name.replace("-", "_").isidentifier()):
        raise HTTPException(400, "'name' must be the name of a cookie: letters, digits, '_', '-'")
    return name
