"""Documents that AgentSpec's schema allows, each with the responses that a server gives to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.agentspec.reference import follow
from tests.support.scripted_server import answer

__all__ = ["Case", "cases"]

# Characters that a key may hold in a dotted path: jq's own operators are jq's.
NAMES = st.text(alphabet="abzé漢09_-@#%^~`:&", min_size=1, max_size=4)
HEADER_NAMES = st.sampled_from(
    ["x-agentspec-model", "X-Request-Id", "server", "ETag", "content-type", "x-none"]
)
_TEXTS = st.text(max_size=6) | st.sampled_from(["", "POST", "1", "true", "None", "null", "{", "é"])
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([2**53 + 1, 9007199254740993, 10**30])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.0, 1.0, -0.0, 0.1])
    | _TEXTS
)
# True three times in four: what a case is about is there more often than not.
_MOSTLY = st.sampled_from([True, True, True, False])
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A document, and the raw response that each path shall give."""

    document: dict[str, Any]
    answers: dict[str, bytes]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    answers: dict[str, bytes] = {}
    steps = [draw(_steps(index, answers)) for index in range(draw(st.integers(1, 3)))]
    document = {
        "name": draw(_TEXTS),
        "agent": "gymcoach",
        "proxy_port": 4000,
        "control_port": 4001,
        "steps": steps,
    }
    return Case(document=document, answers=answers)


@st.composite
def _steps(draw: st.DrawFn, index: int, answers: dict[str, bytes]) -> dict[str, Any]:
    path = f"/{index}"
    step: dict[str, Any] = {"path": path, "name": draw(_TEXTS.filter(bool))}
    step |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "endpoint": st.sampled_from(["proxy", "control"]),
                "method": st.sampled_from(["GET", "POST", "post", "PUT", "DELETE", "PATCH"]),
                "body": JSON,
            },
        )
    )
    value = draw(JSON)
    is_json = draw(_MOSTLY)
    body = json.dumps(value, ensure_ascii=draw(st.booleans())) if is_json else draw(st.text())
    charset = draw(st.sampled_from(["", "; charset=utf-8", '; Charset="ISO-8859-1"', "; charset="]))
    status = draw(st.sampled_from([200, 200, 201, 302, 400, 403, 404, 500, 503, 599]))
    headers = [("content-type", f"application/json{charset}")] if draw(st.booleans()) else []
    more = draw(st.lists(HEADER_NAMES, unique_by=str.lower, max_size=2))
    values = st.sampled_from(["", "a", "b c"])
    headers += [(name, draw(values)) for name in more if name != "content-type"]
    answers[path] = answer(status, headers=headers, body=body.encode())
    if draw(_MOSTLY):
        present = [name for name, _ in headers]
        step["expect"] = draw(_expects(status, value, body, present))
    return step


@st.composite
def _expects(
    draw: st.DrawFn, status: int, value: Any, body: str, present: list[str]
) -> dict[str, Any]:
    """Expect what is there more often than not, so that later assertions have their turn."""
    expect: dict[str, Any] = {}
    if draw(st.booleans()):
        expect["status"] = draw(st.just(status) | st.sampled_from([status, 200, 418]))
    if draw(st.booleans()):
        absent = HEADER_NAMES.filter(lambda name: name.lower() not in map(str.lower, present))
        expect["headers_absent"] = draw(st.lists(absent | absent | HEADER_NAMES, max_size=2))
    if draw(st.booleans()) and present:
        there = st.sampled_from(present).map(str.upper)
        expect["headers_present"] = draw(st.lists(there | there | HEADER_NAMES, max_size=2))
    if draw(_MOSTLY):
        expect["jq"] = draw(_paths(value))
        found = follow(expect["jq"], value)
        if draw(st.booleans()):
            expect["not_null"] = draw(st.booleans())
        if draw(st.booleans()):
            expect["equals"] = draw(st.just(found) | st.sampled_from(_like(found)) | JSON)
        if draw(st.booleans()):
            expect["contains"] = draw(_parts_of(str(found)) | _TEXTS)
    if draw(st.booleans()):
        expect["body_contains"] = draw(_parts_of(body) | _TEXTS)
    return expect


@st.composite
def _paths(draw: st.DrawFn, value: Any) -> str:
    """Give a path that mostly leads somewhere in `value`, in any spelling."""
    path = draw(st.sampled_from(["", "", "", ".", ".."]))
    for _ in range(draw(st.integers(0, 4))):
        keys = list(value) if isinstance(value, dict) else []
        size = len(value) if isinstance(value, list | str) else 0
        wanted: str | int = draw(
            st.sampled_from(keys or range(-size, size) or ["a"])
            if draw(_MOSTLY)
            else NAMES | st.integers(-4, 4)
        )
        part = f"[{wanted}]" if isinstance(wanted, int) else wanted
        dots = st.sampled_from([".", ".", ".."])
        path += (draw(dots) if isinstance(wanted, str) else draw(st.just("") | dots)) + part
        value = follow(part, value)
    return (path + draw(st.sampled_from(["", "", "."]))) or "."


def _like(value: Any) -> list[Any]:
    """List values that Python takes for equal, or nearly so."""
    alike: list[Any] = [value, str(value), None]
    if isinstance(value, bool | int) and abs(value) < 2**53:
        alike += [float(value), int(value), bool(value)]
    if isinstance(value, float) and value.is_integer():
        alike += [int(value), value + 1]
    if isinstance(value, int):
        alike += [value + 1]
    return alike


@st.composite
def _parts_of(draw: st.DrawFn, text: str) -> str:
    start = draw(st.integers(0, len(text)))
    return text[start : draw(st.integers(start, len(text)))]
