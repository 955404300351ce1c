"""Every document that AgentSpec's schema allows has the verdict that its own runner gives."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentrig.events import Outcome
from tests.agentspec.documents import Case, cases
from tests.agentspec.reference import Refused, run_document
from tests.support.bench import Bench
from tests.support.scripted_server import ScriptedServer, answer, scripted_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.events import StepFinished
    from tests.support.scripted_server import Request


class Both:
    """AgentSpec's runner and ours, on the same server: the proxy below /p, the control at /c."""

    def __init__(self, server: ScriptedServer, client: httpx.Client, bench: Bench) -> None:
        self._server = server
        self._client = client
        self._bench = bench
        self._targets = {"proxy": f"{server.url}/p", "control": f"{server.url}/c"}

    def run(self, case: Case, *, unicode: bool = True) -> tuple[Refused | None, Refused | None]:
        """Give their verdict and ours, after a look at what each sent."""
        self._server.answers = {
            f"/{endpoint}{path}": raw for path, raw in case.answers.items() for endpoint in "pc"
        }
        theirs = run_document(case.document, self._client, **self._targets)
        they_sent = self._take_requests()
        text = yaml.safe_dump(case.document, allow_unicode=unicode, sort_keys=False)
        results = self._bench.run(text, self._targets)
        assert self._take_requests() == they_sent
        return theirs, first_refused(results)

    def _take_requests(self) -> list[Any]:
        taken = [essence(request) for request in self._server.requests]
        self._server.requests.clear()
        return taken


def first_refused(results: list[StepFinished]) -> Refused | None:
    for index, result in enumerate(results):
        for check in result.checks:
            if check.outcome is not Outcome.PASSED:
                return Refused(step=index, assertion=check.check, message=check.message)
    return None


def essence(request: Request) -> tuple[Any, ...]:
    """Take what an agent goes by; JSON may be written with other spaces."""
    body = json.loads(request.body) if request.body else None
    return request.method, request.path, request.headers.get("content-type"), repr(body)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with (
        scripted_server() as server,
        httpx.Client(trust_env=False) as client,
        Bench(tmp_path_factory.mktemp("parity")) as bench,
    ):
        yield Both(server, client, bench)


def agree(theirs: Refused | None, ours: Refused | None) -> bool:
    if theirs is None or ours is None:
        return theirs is ours
    same_place = (theirs.step, theirs.assertion) == (ours.step, ours.assertion)
    same_words = theirs.message is None or short(theirs.message) == short(ours.message or "")
    return same_place and same_words


def short(message: str) -> str:
    """Leave out what ours cuts off a long value."""
    return message[:400]


@given(case=cases(), unicode=st.booleans())
def test_the_verdict_and_the_failed_assertion_are_agentspecs(
    both: Both, case: Case, *, unicode: bool
) -> None:
    theirs, ours = both.run(case, unicode=unicode)
    assert agree(theirs, ours), f"theirs: {theirs}\nours:   {ours}"


def one_step(expect: dict[str, Any], raw: bytes) -> Case:
    step = {"name": "A step", "path": "/", "expect": expect}
    ports = {"proxy_port": 4000, "control_port": 4001}
    document = {"name": "One", "agent": "gymcoach", **ports, "steps": [step]}
    return Case(document=document, answers={"/": raw})


def said(body: str | bytes, content_type: str | None = "application/json") -> bytes:
    headers = [("content-type", content_type)] if content_type else []
    return answer(headers=headers, body=body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize(
    ("expect", "raw", "passes"),
    [
        # Python's equality: 1, 1.0 and true are equal, and a text never equals a number.
        ({"jq": ".a", "equals": 1}, said('{"a": true}'), True),
        ({"jq": ".a", "equals": 1}, said('{"a": 1.0}'), True),
        ({"jq": ".a", "equals": "1"}, said('{"a": 1}'), False),
        ({"jq": ".a", "equals": 2**53}, said('{"a": 9007199254740993}'), False),
        ({"jq": ".a", "equals": 2**53 + 1}, said('{"a": 9007199254740993}'), True),
        ({"jq": ".a", "equals": {"b": [1]}}, said('{"a": {"b": [1.0]}}'), True),
        ({"jq": ".a", "equals": None}, said("{}"), True),
        ({"jq": ".a", "equals": None}, said('{"a": 0}'), False),
        ({"jq": ".a", "not_null": True}, said('{"a": false}'), True),
        ({"jq": ".a", "not_null": True}, said('{"a": null}'), False),
        ({"jq": ".a", "not_null": False}, said('{"a": null}'), True),
        # `contains` looks at Python's text of the value.
        ({"jq": ".a", "contains": "None"}, said("{}"), True),
        ({"jq": ".a", "contains": "True"}, said('{"a": true}'), True),
        ({"jq": ".a", "contains": "true"}, said('{"a": true}'), False),
        ({"jq": ".a", "contains": "'b': 1"}, said('{"a": {"b": 1}}'), True),
        ({"jq": ".a", "contains": ""}, said("{}"), True),
        ({"jq": ".a", "contains": "1e+30"}, said('{"a": 1e30}'), True),
        # Paths.
        ({"jq": ".a.length", "equals": 3}, said('{"a": {"length": 3}}'), True),
        ({"jq": ".", "equals": [1]}, said("[1]"), True),
        ({"jq": "..", "equals": [1]}, said("[1]"), True),
        ({"jq": "[0]", "equals": 1}, said("[1]"), True),
        ({"jq": ".[-1]", "equals": 2}, said("[1, 2]"), True),
        ({"jq": ".[2]", "equals": None}, said("[1, 2]"), True),
        ({"jq": ".[-3]", "equals": None}, said("[1, 2]"), True),
        ({"jq": ".a[0]", "equals": "x"}, said('{"a": "xyz"}'), True),
        ({"jq": ".a[0]", "equals": None}, said('{"a": {"0": 1}}'), True),
        ({"jq": ".a.b", "equals": None}, said('{"a": [1]}'), True),
        ({"jq": "score", "equals": 1}, said('{"score": 1}'), True),
        ({"jq": ".$ref", "equals": 1}, said('{"$ref": 1}'), True),
        ({"jq": ".dc:title", "equals": 1}, said('{"dc:title": 1}'), True),
        ({"jq": ".content-type", "equals": 1}, said('{"content-type": 1}'), True),
        ({"jq": ".text/plain", "equals": 1}, said('{"text/plain": 1}'), True),
        ({"jq": ".a#b", "equals": 1}, said('{"a": 2, "a#b": 1}'), True),
        ({"jq": ".if", "equals": 1}, said('{"if": 1}'), True),
        # What is no JSON has no path, and nothing to be equal to null.
        ({"jq": ".a", "equals": None}, said("<html>"), False),
        ({"jq": ".a", "equals": None}, said(""), False),
        ({"jq": ".a"}, said("<html>"), False),
        ({"jq": ".a"}, said("1"), True),
        ({"jq": ".", "not_null": True}, said("null"), False),
        ({"jq": ".a", "equals": 1}, said(b'\xef\xbb\xbf{"a": 1}'), True),
        ({"jq": ".a", "equals": 1}, said('{"a": 1}'.encode("utf-16")), True),
        ({"jq": ".a", "not_null": True}, said('{"a": NaN}'), True),
        ({"jq": ".a", "contains": "inf"}, said('{"a": 1e999}'), True),
        ({"jq": ".a", "equals": "\U0001f642"}, said('{"a": "\\ud83d\\ude42"}'), True),
        ({"jq": ".a", "not_null": True}, said('{"a": "\\ud83d"}'), True),
        # The text of a body is decoded as its server says, if that can be.
        ({"body_contains": "é"}, said("é".encode("latin-1"), "text/plain; charset=latin-1"), True),
        ({"body_contains": "é"}, said("é", "text/plain; charset=no-such"), True),
        ({"body_contains": "é"}, said("é", None), True),
        ({"body_contains": "\ufffd"}, said(b"\xff"), True),
        ({"body_contains": ""}, said(""), True),
        # Header names have no case, and may be there with no value.
        ({"headers_present": ["x-EMPTY"]}, answer(headers=[("X-Empty", "")]), True),
        ({"headers_absent": ["X-EMPTY"]}, answer(headers=[("x-empty", "")]), False),
        ({"headers_present": ["x"]}, answer(headers=[("x", b"caf\xe9")]), True),
        ({"headers_present": ["x"]}, answer(headers=[("x", b"\xff\xfe")]), True),
        ({"headers_present": ["Content-Length"]}, answer(body=b"x"), True),
        ({"status": 302}, answer(302, headers=[("location", "/elsewhere")]), True),
        ({"status": 204}, answer(204), True),
        ({}, answer(500), True),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_the_corners(both: Both, expect: dict[str, Any], raw: bytes, *, passes: bool) -> None:
    theirs, ours = both.run(one_step(expect, raw))
    assert agree(theirs, ours), f"theirs: {theirs}\nours:   {ours}"
    assert (ours is None) is passes, ours


def test_a_compressed_body_is_read_and_its_header_is_still_there(both: Both) -> None:
    body = zlib.compress(b'{"a": 1}', wbits=31)
    raw = answer(headers=[("content-encoding", "gzip")], body=body)
    expect = {"jq": ".a", "equals": 1, "headers_present": ["content-encoding"]}
    theirs, ours = both.run(one_step(expect, raw))
    assert theirs is None
    assert ours is None


def test_the_first_step_that_fails_is_the_last(both: Both) -> None:
    case = one_step({"status": 503}, answer(200))
    case.document["steps"] *= 2
    theirs, ours = both.run(case)
    assert agree(theirs, ours)
    assert ours == Refused(
        step=0, assertion="status", message="[A step] expected status 503, got 200"
    )
