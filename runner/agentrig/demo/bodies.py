"""What the demo's HTTP servers share: hostile bodies read safely, one shape of an error."""

from __future__ import annotations

import asyncio
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = [
    "error_response",
    "is_plain_text",
    "json_app",
    "on_http_error",
    "read_body",
    "read_json",
]

_READ_WITHIN_S = 10.0
_ERROR_NAMES = {
    400: "BadRequest",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    413: "PayloadTooLarge",
}
# A lone surrogate is valid in JSON but in no encoding: it would break every answer that holds it.
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def json_app(*routes: Route) -> Starlette:
    """Build an application whose own errors (404, 405) are JSON, and that redirects nothing."""
    app = Starlette(routes=routes, exception_handlers={HTTPException: on_http_error})
    # A redirect from "/chat/" would show callers of the proxy the agent's own address.
    app.router.redirect_slashes = False
    return app


async def read_body(request: Request, *, limit_bytes: int) -> bytes:
    """Read a whole body; raise `HTTPException` 413 past the limit, 408 where it does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit_bytes:
                    raise HTTPException(413, f"the body is larger than {limit_bytes:,} bytes")
    except TimeoutError:
        raise HTTPException(408, f"the body did not arrive within {_READ_WITHIN_S:g} s") from None
    except ClientDisconnect:
        raise HTTPException(400, "the body ended early") from None
    return bytes(body)


async def read_json(request: Request, *, limit_bytes: int) -> dict[str, Any]:
    """Read a body that must be a JSON object; raise `HTTPException` 400, 408 or 413."""
    body = await read_body(request, limit_bytes=limit_bytes)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # RecursionError: brackets nested thousands deep
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return value


def is_plain_text(value: object, *, at_most: int) -> bool:
    """Whether a value is a string, not blank, not too long, and fit for any encoding."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= at_most
        and bool(value.strip())
        and not _SURROGATE.search(value)
    )


def error_response(status: int, error: str, message: str, **more: Any) -> JSONResponse:
    """Answer with `{"error": NAME, "message": str}`; names are in CamelCase."""
    return JSONResponse({"error": error, "message": message, **more}, status_code=status)


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Starlette's handler for `HTTPException`: the same shape for its own errors, 404 and 405."""
    if not isinstance(error, HTTPException):  # pragma: no cover - registered for no other class
        raise error
    error_name = _ERROR_NAMES.get(error.status_code, "Error")
    message = error.detail
    if error.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        message = f"{request.method} {request.scope['path']} is not served here"
    response = error_response(error.status_code, error_name, message)
    response.headers.update(error.headers or {})
    return response
