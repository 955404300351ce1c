"""JSON of strangers, read and given back without trouble."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from agentrig.demo.bodies import read_json

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["AsciiJson", "is_repeatable", "read_object"]

_LARGEST_BODY_BYTES = 64 * 1024


class AsciiJson(JSONResponse):
    """A JSON answer in ASCII: half of a surrogate pair is valid in JSON, but in no encoding."""

    def render(self, content: Any) -> bytes:
        """Write it."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def is_repeatable(value: Any) -> bool:
    """Whether a value that Python took for JSON can be written as JSON.

    NaN and 1e999 cannot, nor can what is nested so deeply that an answer around it is too deep.
    """
    try:
        json.dumps([[[[value]]]], allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True


async def read_object(
    request: Request, *, limit_bytes: int = _LARGEST_BODY_BYTES
) -> dict[str, Any]:
    """Read a body that must be a JSON object; raise `HTTPException` 400, 408 or 413."""
    value = await read_json(request, limit_bytes=limit_bytes)
    if not is_repeatable(value):
        raise HTTPException(400, "the body is not JSON")
    return value
