"""Answers of the playground that depend on the request alone: statuses, bodies, redirects."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from agentrig.demo.playground_echo import ANY_METHOD
from agentrig.demo.playground_json import AsciiJson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

__all__ = ["CATALOG", "answer_routes", "whole_number"]

_LONGEST_DELAY_MS = 60_000
_LARGEST_BODY_BYTES = 2**30
_MOST_REDIRECTS = 1_000
_CHUNK = b"0123456789abcdef" * 4096

CATALOG: dict[str, Any] = {
    "currency": "EUR",
    "updated": "2026-01-31T12:00:00Z",
    "discount": None,
    "recalled": [],
    "products": [
        {"id": 1, "name": "Kettle", "price": 24.5, "stock": 12, "tags": ["kitchen", "steel"]},
        {"id": 2, "name": "Lamp", "price": 39.0, "stock": 0, "tags": ["light"]},
        {"id": 3, "name": "Teapot", "price": 18.25, "stock": 7, "tags": ["kitchen", "glass"]},
    ],
    "rating": {"average": 4.333333, "votes": 3},
}
"""The document of `/catalog`: one of each JSON type, for checks of all sorts."""


def answer_routes() -> list[Route]:
    """Give `/status`, `/delay`, `/catalog`, `/compressed`, `/large` and `/redirect...`."""
    return [
        Route("/status/{code}", _status, methods=ANY_METHOD),
        Route("/delay/{ms}", _delay, methods=ANY_METHOD),
        Route("/catalog", _catalog),
        Route("/compressed/{coding}", _compressed),
        Route("/large/{size}", _large),
        Route("/redirect/{times}", _redirect, methods=ANY_METHOD),
        Route("/redirect-to", _redirect_to, methods=ANY_METHOD),
        Route("/redirect-loop", _redirect_loop, methods=ANY_METHOD),
    ]


def whole_number(request: Request, name: str, *, default: int, most: int) -> int:
    """Read a number from 0 to `most` out of the query; raise `HTTPException` 400."""
    return _number(request.query_params.get(name, str(default)), name, most=most)


def _in_path(request: Request, name: str, *, most: int) -> int:
    return _number(request.path_params[name], name, most=most)


def _number(text: str, name: str, *, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))) or int(text) > most:
        raise HTTPException(400, f"'{name}' must be a whole number from 0 to {most:,}")
    return int(text)


async def _status(request: Request) -> Response:
    code = _in_path(request, "code", most=599)
    if code < 200:  # noqa: PLR2004 - below, an answer is not the last one
        raise HTTPException(400, "the status must be from 200 to 599")
    if code in {204, 304}:
        return Response(status_code=code)
    return AsciiJson({"status": code}, status_code=code)


async def _delay(request: Request) -> Response:
    ms = _in_path(request, "ms", most=_LONGEST_DELAY_MS)
    await asyncio.sleep(ms / 1000)
    return AsciiJson({"delayed_ms": ms})


async def _catalog(_request: Request) -> Response:
    return AsciiJson(CATALOG, headers={"x-catalog-version": "7"})


async def _compressed(request: Request) -> Response:
    coding = request.path_params["coding"]
    body = json.dumps({"compressed": coding, "catalog": CATALOG}).encode()
    match coding:
        case "gzip":
            body = gzip.compress(body)
        case "deflate":
            body = zlib.compress(body)
        case _:
            raise HTTPException(400, f"the coding '{coding}' is neither gzip nor deflate")
    headers = {"content-encoding": coding}
    return Response(body, media_type="application/json", headers=headers)


async def _large(request: Request) -> Response:
    size = _in_path(request, "size", most=_LARGEST_BODY_BYTES)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, size, len(_CHUNK)):
            yield _CHUNK[: size - start]

    return StreamingResponse(
        chunks(), media_type="text/plain", headers={"content-length": str(size)}
    )


async def _redirect(request: Request) -> Response:
    """Lead on `times` times, each time one path further down, and then to `/echo`."""
    left = _in_path(request, "times", most=_MOST_REDIRECTS) - 1
    return RedirectResponse(f"/redirect/{left}" if left > 0 else "/echo", status_code=302)


async def _redirect_to(request: Request) -> Response:
    path = request.query_params.get("path", "/echo")
    # A path alone: whoever is sent here must not be led to another host.
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise HTTPException(400, "'path' must begin with one '/'")
    status = whole_number(request, "status", default=302, most=399)
    if status not in {301, 302, 303, 307, 308}:
        raise HTTPException(400, "'status' must be 301, 302, 303, 307 or 308")
    return RedirectResponse(path, status_code=status)


async def _redirect_loop(_request: Request) -> Response:
    return RedirectResponse("/redirect-loop", status_code=302)
