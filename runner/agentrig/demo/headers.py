"""The header rules of the sidecar: request ids, hop-by-hop fields, X-AgentSpec-* reports."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from agentrig.demo.audit import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "GUARDRAILS_INVOKED",
    "PREFIX",
    "REQUEST_ID",
    "TOOLS_CALLED",
    "USER_CONFIRMED",
    "Fields",
    "end_to_end",
    "is_name",
    "names_in",
    "report_in",
    "request_id_of",
]

Fields = list[tuple[bytes, bytes]]
"""Header fields as ASGI has them: names in lower case, repeated fields repeated."""

PREFIX = b"x-agentspec-"
REQUEST_ID = b"x-request-id"
GUARDRAILS_INVOKED = b"x-agentspec-guardrails-invoked"
TOOLS_CALLED = b"x-agentspec-tools-called"
USER_CONFIRMED = b"x-agentspec-user-confirmed"

# RFC 9110, 7.6.1: the fields that end at this hop, besides those that Connection names.
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        # RFC 9110, 11.7: meant for the first proxy that asks for them.
        b"proxy-authenticate",
        b"proxy-authorization",
    }
)
_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_NAME = re.compile(r"[A-Za-z0-9._:/-]{1,128}")
_MOST_NAMES = 50


def request_id_of(fields: Fields) -> str:
    """Keep the caller's request id where there is one sane one, else make one."""
    values = [value for name, value in fields if name == REQUEST_ID]
    if len(values) == 1 and _SANE_ID.fullmatch(values[0]):
        return values[0].decode("ascii")
    return uuid.uuid4().hex


def end_to_end(fields: Iterable[tuple[bytes, bytes]]) -> Fields:
    """Lower the names and drop what belongs to one connection alone."""
    lowered = [(name.lower(), value) for name, value in fields]
    named = {
        option.strip().lower()
        for name, value in lowered
        if name == b"connection"
        for option in value.split(b",")
    }
    return [(name, value) for name, value in lowered if name not in _HOP_BY_HOP | named]


def is_name(value: object) -> bool:
    """Whether a value can name a tool, guardrail or model: 1 to 128 plain characters."""
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def names_in(fields: Fields, header: bytes) -> tuple[str, ...]:
    """Read the comma-separated names of a header; what is no name, or past the 50th, is left."""
    values = b",".join(value for name, value in fields if name == header).decode("latin-1")
    names = (part.strip() for part in values.split(","))
    return tuple(dict.fromkeys(name for name in names if is_name(name)))[:_MOST_NAMES]


def report_in(fields: Fields) -> Report | None:
    """Read what an agent reports in its response's headers, or None where it reports nothing."""
    if not any(name.startswith(PREFIX) for name, _ in fields):
        return None
    return Report(
        source="headers",
        guardrails=names_in(fields, GUARDRAILS_INVOKED),
        tools=names_in(fields, TOOLS_CALLED),
        user_confirmed=names_in(fields, USER_CONFIRMED) == ("true",),
    )
