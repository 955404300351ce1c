"""The kind `chat`, against the demo's playground and against servers that break every rule."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.events import Outcome, StepFinished
from tests.support.bench import Bench
from tests.support.golden import check_golden
from tests.support.playground import started_playground
from tests.support.raw_server import Conversation, raw_server
from tests.support.scripted_server import ScriptedServer, answer, scripted_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEATHER = {
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PATH = "/v1/chat/completions"
JSON = [("content-type", "application/json")]
EVENTS = [("content-type", "text/event-stream; charset=utf-8")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        yield bench


@pytest.fixture(scope="module")
def playground() -> Iterator[str]:
    with started_playground() as urls:
        yield urls.url


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def run(bench: Bench, url: str, *steps: dict[str, Any]) -> list[StepFinished]:
    text = yaml.safe_dump({"name": "x", "steps": list(steps)}, sort_keys=False, allow_unicode=True)
    return bench.run(text, {"proxy": url})


def passed(bench: Bench, url: str, *steps: dict[str, Any]) -> None:
    finished = run(bench, url, *steps)
    assert [one.outcome for one in finished] == [Outcome.PASSED] * len(steps), finished[-1].message


def step(prompt: str, *, expect: dict[str, Any] | None = None, **chat: Any) -> dict[str, Any]:
    one: dict[str, Any] = {"chat": {"model": "playground-small", "prompt": prompt, **chat}}
    return one | ({"expect": expect} if expect else {})


@pytest.mark.parametrize("stream", [False, True])
def test_content_reason_and_usage_are_checked(bench: Bench, playground: str, stream: bool) -> None:  # noqa: FBT001  # a parameter
    expect = {
        "status": 200,
        "finish_reason": "stop",
        "content": {"equals": "one two"},
        "tool_calls": {"equals": []},
        "usage": {
            "prompt_tokens": {"equals": 3},
            "completion_tokens": {"equals": 2},
            "total_tokens": {"equals": 5},
        },
        "latency_ms": {"between": [0, 10_000]},
        "checks": [
            {"jq": ".role", "equals": "assistant"},
            {"jq": ".model", "equals": "playground-small"},
            {"jq": ".refusal", "type": "null"},
            {"jq": ".error", "type": "null"},
            {"jq": ".raw | type", "equals": "array" if stream else "object"},
            {"jq": ".first_token_ms | type", "equals": "number" if stream else "null"},
            {"jq": ".elapsed_ms", "gt": 0},
            {"body": {"equals": "one two"}},
            {"status": {"equals": 200}},
            {"header": "content-type", "contains": "event-stream" if stream else "json"},
        ],
    }
    passed(bench, playground, step("say one two", stream=stream, expect=expect))


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls_are_compared_without_their_ids(
    bench: Bench,
    playground: str,
    stream: bool,  # noqa: FBT001  # a parameter
) -> None:
    calls = [{"name": "get_weather", "arguments": {"city": city}} for city in ("Paris", "Rome")]
    expect = {
        "finish_reason": "tool_calls",
        "tool_calls": {"equals": calls, "length": 2},
        "checks": [
            {"jq": ".tool_calls[0].id", "starts_with": "call_"},
            {"jq": ".content", "type": "null"},
        ],
    }
    asked = step("The weather in Paris and Rome", tools=[WEATHER], stream=stream, expect=expect)
    passed(bench, playground, asked)


def test_a_conversation_goes_on_with_what_was_captured(bench: Bench, playground: str) -> None:
    asked = "The weather in Paris"
    first = step(asked, tools=[WEATHER]) | {"capture": {"call": {"jq": ".tool_calls[0]"}}}
    function = {"name": "${call.name}", "arguments": "${call.arguments | tojson}"}
    messages = [
        {"role": "user", "content": asked},
        {
            "role": "assistant",
            "tool_calls": [{"id": "${call.id}", "type": "function", "function": function}],
        },
        {
            "role": "tool",
            "tool_call_id": "${call.id}",
            "content": "Sunny in ${call.arguments.city}.",
        },
    ]
    second = {
        "chat": {"model": "playground-small", "messages": messages, "tools": [WEATHER]},
        "expect": {"content": {"equals": "Sunny in Paris."}, "finish_reason": "stop"},
    }
    passed(bench, playground, first, second)


def test_a_system_message_a_limit_and_a_refusal(bench: Bench, playground: str) -> None:
    passed(
        bench,
        playground,
        step("say hi", system="Shout.", temperature=0, expect={"content": {"equals": "HI"}}),
        step(
            "say one two three",
            parameters={"max_tokens": 2},
            expect={"finish_reason": {"equals": "length"}, "content": {"equals": "one two"}},
        ),
        step("refuse this", expect={"checks": [{"jq": ".refusal", "contains": "cannot"}]}),
    )


def test_the_first_token_of_a_slow_model_is_measured(bench: Bench, playground: str) -> None:
    expect = {
        "first_token_ms": {"between": [150, 5000]},
        # Two more pieces come after it, 20 ms each.
        "checks": [{"jq": ".elapsed_ms - .first_token_ms", "ge": 30}],
    }
    asked = step("say one two three", model="playground-slow", stream=True, expect=expect)
    passed(bench, playground, asked)


def test_an_error_that_is_expected_is_an_answer(bench: Bench, playground: str) -> None:
    expect = {"status": 404, "checks": [{"jq": ".error.code", "equals": "model_not_found"}]}
    for stream in (False, True):
        passed(bench, playground, step("hi", model="nope", stream=stream, expect=expect))
    one_of = {"status": {"one_of": [429, 503]}}
    passed(bench, playground, step("overload", model="playground-faulty", expect=one_of))


FAILURES: list[dict[str, Any]] = [
    step("say hi", expect={"content": {"contains": "bye"}}),
    step("say hi", expect={"finish_reason": "length"}),
    step("say hi", expect={"finish_reason": "stop", "content": {"contains": "bye"}}),
    step("say hi", expect={"content": {"contains": "bye"}, "finish_reason": "length"}),
    step("say hi", expect={"finish_reason": {"one_of": ["length", "tool_calls"]}}),
    step("say hi", expect={"tool_calls": {"length": {"ge": 1}}}),
    step("say hi", expect={"usage": {"total_tokens": {"gt": 1000}}}),
    step("say hi", expect={"status": 404}),
    step("say hi", expect={"checks": [{"jq": ".role", "equals": "user"}]}),
    step("hi", model="nope"),
    step("hi", model="nope", expect={"status": 500}),
    step("hi", model="nope", expect={"status": 404, "content": {"contains": "hi"}}),
    step("overload", model="playground-faulty", stream=True),
    step("garbled", model="playground-faulty"),
    step("say garbled now", model="playground-faulty", stream=True),
    step("say error now", model="playground-faulty", stream=True),
    step("say cut now", model="playground-faulty", stream=True),
]


def test_what_fails_says_why_and_where(
    bench: Bench, playground: str, request: pytest.FixtureRequest
) -> None:
    texts = []
    for one in FAILURES:
        (finished,) = run(bench, playground, one)
        assert finished.outcome is Outcome.FAILED, one
        at = finished.checks[-1].at
        assert at is not None
        texts.append(f"{finished.message}\n    at: {at.text.strip()}")
    check_golden(request.path.parent / "golden/chat_failures.txt", "\n".join(texts) + "\n")


def completion(content: str = "hello", **more: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, **more}
    return json.dumps({"model": "m", "choices": [choice]}).encode()


def chunk(content: str, finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    return f"data: {json.dumps({'model': 'm', 'choices': [choice]})}\n\n"


@pytest.mark.parametrize(
    ("stream", "raw", "problem"),
    [
        (
            False,
            answer(headers=JSON, body=b"<html>oops</html>"),
            "the answer is not JSON (Expecting value: line 1 column 1 (char 0)): <html>oops</html>",
        ),
        (
            False,
            answer(502, body=b"<html>bad gateway</html>"),
            "status 502: the answer is not JSON",
        ),
        (False, answer(204), "the answer is not JSON"),
        (
            False,
            answer(301, headers=[("location", "/x")]),
            "status 301: the answer is not JSON",
        ),
        (
            False,
            answer(headers=JSON, body=b'{"answer": "hello"}'),
            "the answer is no chat completion: it has no 'choices', only answer",
        ),
        (
            False,
            answer(headers=JSON, body=b'{"error": {"message": "quota", "code": 42}}'),
            "the server answered with an error: quota (code 42)",
        ),
        (
            False,
            answer(headers=EVENTS, body=chunk("x", "stop").encode()),
            "the answer is a stream: add 'stream: true' to 'chat'",
        ),
        (
            True,
            answer(headers=JSON, body=completion()),
            "the answer is no stream, though 'stream: true' asked for one",
        ),
        (
            True,
            answer(500, headers=JSON, body=b'{"error": "boom"}'),
            "status 500: boom",
        ),
        (
            True,
            answer(headers=EVENTS, body=b": nothing\n\n"),
            "the stream ended after 0 chunks without a 'finish_reason'",
        ),
        (
            True,
            answer(headers=EVENTS, body=chunk("x").encode() + b"data: [DONE]\n\n"),
            "the stream ended after 1 chunk without a 'finish_reason'",
        ),
        (
            True,
            answer(headers=EVENTS, body=chunk("x").encode() + b"data: 5\n\n"),
            "chunk 2 of the stream is none: it is no JSON object but a number",
        ),
        (
            True,
            answer(headers=EVENTS, body=chunk("x").encode(), length=10_000),
            "no whole response: end of file before message length reached, after 1 chunk",
        ),
    ],
)
def test_a_server_that_breaks_the_rules_fails_the_step(
    bench: Bench,
    server: ScriptedServer,
    stream: bool,  # noqa: FBT001  # a parameter
    raw: bytes,
    problem: str,
) -> None:
    server.answers[PATH] = raw
    server.closing.add(PATH)
    (finished,) = run(bench, server.url, step("hi", model="m", stream=stream))
    assert finished.outcome is Outcome.FAILED
    assert finished.message is not None
    assert re.match(rf"\[chat with m\] {re.escape(problem)}", finished.message), finished.message


def test_a_stream_that_just_ends_after_its_last_chunk_is_whole(
    bench: Bench, server: ScriptedServer
) -> None:
    body = "\ufeff: hi\r\n\r\n" + chunk("one").replace("\n", "\r\n") + chunk(" two", "stop")
    server.answers[PATH] = answer(headers=EVENTS, body=body.encode())
    passed(bench, server.url, step("hi", stream=True, expect={"content": {"equals": "one two"}}))


def test_nothing_is_waited_for_once_the_stream_says_that_it_is_done(bench: Bench) -> None:
    def talk(conversation: Conversation) -> None:
        conversation.request()
        conversation.say(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        conversation.say((chunk("x", "stop") + "data: [DONE]\n\n").encode())
        conversation.wait_for_end()

    with raw_server(talk) as server:
        passed(bench, server.url, step("hi", stream=True) | {"timeout": "5s"})


def test_a_stream_without_end_ends_with_the_steps_time(bench: Bench) -> None:
    def talk(conversation: Conversation) -> None:
        conversation.request()
        conversation.say(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        for _ in range(2000):
            conversation.say(chunk("x").encode())
            conversation.pause(0.005)

    with raw_server(talk) as server:
        (finished,) = run(bench, server.url, step("hi", stream=True) | {"timeout": "300ms"})
    assert finished.outcome is Outcome.FAILED
    assert finished.elapsed_ms < 5000
    message = finished.message or ""
    assert re.match(
        r"\[chat with playground-small\] the stream did not end within .*, after \d+ chunks",
        message,
    ), message
    assert finished.exchange is not None
    assert "data: {" in str(finished.exchange.response_body)


def test_a_stream_larger_than_its_limit_is_cut_off(bench: Bench) -> None:
    def talk(conversation: Conversation) -> None:
        conversation.request()
        conversation.say(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        conversation.say(chunk("x" * 5000).encode())
        conversation.wait_for_end()

    with raw_server(talk) as server:
        (finished,) = run(bench, server.url, step("hi", stream=True) | {"max_body": "4KiB"})
    assert finished.message is not None
    assert "larger than 4 KiB, its limit" in finished.message


def test_where_nobody_is_there_is_no_verdict(bench: Bench) -> None:
    (finished,) = run(bench, "http://127.0.0.1:9", step("hi"))
    assert finished.outcome is Outcome.ERROR


def sent(bench: Bench, server: ScriptedServer, one: dict[str, Any]) -> dict[str, Any]:
    server.answers[PATH] = answer(headers=JSON, body=completion())
    run(bench, server.url, one)
    body: dict[str, Any] = json.loads(server.requests[-1].body)
    return body


def test_what_is_sent_is_what_the_api_wants(bench: Bench, server: ScriptedServer) -> None:
    long_form = {"type": "function", "function": WEATHER}
    plain = sent(bench, server, step("hi", model="m"))
    assert plain == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert server.requests[-1].method == "POST"
    assert server.requests[-1].headers["content-type"] == "application/json"
    rich = step(
        "hi",
        model="m",
        system="Be brief.",
        temperature=0.5,
        stream=True,
        tools=[WEATHER, long_form],
        parameters={"max_tokens": 5, "stop": None, "metadata": {"run": "1"}},
    )
    assert sent(bench, server, rich) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hi"},
        ],
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [long_form, long_form],
        "max_tokens": 5,
        "metadata": {"run": "1"},
    }
    without = step("hi", model="m", stream=True, parameters={"stream_options": None})
    assert "stream_options" not in sent(bench, server, without)


def test_half_of_an_emoji_that_a_model_said_can_be_sent_back(
    bench: Bench, server: ScriptedServer
) -> None:
    server.answers[PATH] = answer(headers=JSON, body=completion("Hi \ud83d"))
    said = step("hi") | {"capture": {"said": {"jq": ".content"}}}
    passed(bench, server.url, said, step("${said}"))
    assert json.loads(server.requests[-1].body)["messages"][0]["content"] == "Hi ?"


def test_it_goes_where_and_as_whom_a_request_can(bench: Bench, server: ScriptedServer) -> None:
    server.answers["/openai/chat?api-version=1"] = answer(headers=JSON, body=completion())
    one = step("hi", model="m", expect={"content": {"equals": "hello"}}) | {
        "path": "/openai/chat",
        "query": {"api-version": 1},
        "headers": {"x-team": "e2e"},
        "auth": {"bearer": "key-1"},
    }
    passed(bench, server.url, one)
    headers = server.requests[-1].headers
    assert (headers["authorization"], headers["x-team"]) == ("Bearer key-1", "e2e")
