"""What AgentSpec's own runner decides, written anew from its documentation.

The request is made with httpx, as there, so that header names, charsets and JSON are what httpx
makes of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

__all__ = ["Refused", "follow", "run_document"]


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A step that does not pass: which one, which of its assertions, and the message if known."""

    step: int
    assertion: str
    message: str | None = None


def run_document(
    document: dict[str, Any], client: httpx.Client, *, proxy: str, control: str
) -> Refused | None:
    """Run a scenario; give the first assertion that does not hold."""
    for index, step in enumerate(document["steps"]):
        base = proxy if step.get("endpoint", "proxy") == "proxy" else control
        response = client.request(
            step.get("method", "GET"), base + step.get("path", "/"), json=step.get("body")
        )
        refused = _first_refused(step.get("expect", {}), response)
        if refused:
            assertion, problem = refused
            message = f"[{step['name']}] {problem}" if problem and "name" in step else None
            return Refused(step=index, assertion=assertion, message=message)
    return None


def follow(path: str, value: Any) -> Any:
    """Walk a dotted path: null where it leads nowhere."""
    for part in re.findall(r"\[-?\d+\]|[^.\[]+", path):
        if part[0] == "[":
            index = int(part[1:-1])
            if not isinstance(value, list | str) or not -len(value) <= index < len(value):
                return None
            value = value[index]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    return value


def _first_refused(
    expect: dict[str, Any], response: httpx.Response
) -> tuple[str, str | None] | None:
    status = response.status_code
    if "status" in expect and status != expect["status"]:
        return "status", f"expected status {expect['status']}, got {status}"
    for name in expect.get("headers_absent", []):
        if name in response.headers:
            return f"header {name} absent", None
    for name in expect.get("headers_present", []):
        if name not in response.headers:
            return f"header {name} present", None
    if "jq" in expect and (refused := _path_refused(expect, response)):
        return refused
    if "body_contains" in expect and expect["body_contains"] not in response.text:
        return "body_contains", None
    return None


def _path_refused(
    expect: dict[str, Any], response: httpx.Response
) -> tuple[str, str | None] | None:
    path = expect["jq"]
    try:
        value = follow(path, response.json())
    except ValueError:
        return f"jq {path}", None
    if expect.get("not_null") and value is None:
        return f"jq {path} not_null", None
    if "equals" in expect and value != expect["equals"]:
        wanted = expect["equals"]
        return f"jq {path} equals", f"path '{path}': expected {wanted!r}, got {value!r}"
    if "contains" in expect and expect["contains"] not in str(value):
        return f"jq {path} contains", None
    return None
