"""What the playground says about a request: `/echo`, and the cookies that came with it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from agentrig.demo.bodies import read_body
from agentrig.demo.playground_json import AsciiJson, is_repeatable

if TYPE_CHECKING:
    from starlette.datastructures import FormData, ImmutableMultiDict
    from starlette.responses import Response
    from starlette.types import Message

__all__ = ["ANY_METHOD", "echo_routes"]

ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_LARGEST_BODY_BYTES = 16 * 1024 * 1024
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


def echo_routes() -> list[Route]:
    """Give the routes `/echo` and everything below it, for every method."""
    return [
        Route("/echo", _echo, methods=ANY_METHOD),
        Route("/echo/{rest:path}", _echo, methods=ANY_METHOD),
    ]


async def _echo(request: Request) -> Response:
    """Answer with all that a request held.

    `query` and `form` map each name to the list of its values; header names are in lower case,
    repeated ones joined; `parts` are those of a multipart form, in their order.
    """
    body = await read_body(request, limit_bytes=_LARGEST_BODY_BYTES)
    form, parts = await _form_of(request, body)
    return AsciiJson(
        {
            "method": request.method,
            "path": request.url.path,
            "query": _lists(request.query_params),
            "headers": {name: ", ".join(request.headers.getlist(name)) for name in request.headers},
            "cookies": request.cookies,
            "json": _json_of(body),
            "form": form,
            "parts": parts,
            "body": {
                "bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
                "text": _text_of(body),
            },
        }
    )


async def _form_of(request: Request, body: bytes) -> tuple[Any, Any]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in {_FORM, _MULTIPART}:
        return None, None

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, again).form() as form:
            if content_type == _FORM:
                return _lists(form), None
            return None, [await _part(name, value) for name, value in form.multi_items()]
    except HTTPException as error:
        raise HTTPException(400, f"the form cannot be read: {error.detail}") from None


async def _part(name: str, value: UploadFile | str) -> dict[str, Any]:
    if not isinstance(value, UploadFile):
        return {"name": name, "filename": None, "content_type": None, "text": value}
    content = await value.read()
    return {
        "name": name,
        "filename": value.filename,
        "content_type": value.content_type,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "text": _text_of(content),
    }


def _lists(values: FormData | ImmutableMultiDict[str, str]) -> dict[str, list[Any]]:
    return {name: values.getlist(name) for name in values}


def _json_of(body: bytes) -> Any:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if is_repeatable(value) else None


def _text_of(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
