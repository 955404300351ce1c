from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig.steps._chat_answer import NoCompletionError, read_whole
from agentrig.steps._chat_stream import Gathered
from agentrig.steps._event_stream import MAX_EVENTS

JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
# What looks like an answer, and has anything anywhere.
KEYS = st.sampled_from(
    [
        "choices",
        "index",
        "message",
        "delta",
        "role",
        "content",
        "refusal",
        "tool_calls",
        "function",
        "custom",
        "id",
        "name",
        "arguments",
        "input",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "model",
        "error",
        "text",
        "type",
    ]
)
NEARLY = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
ARGUMENTS = st.dictionaries(st.text(), JSON, max_size=3)
CALLS = st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1), ARGUMENTS), max_size=3)


def whole(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"object": "chat.completion", "model": "m", "choices": [choice]}


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps({"model": "m", "choices": [choice], **more})


def gathered(*chunks: str) -> Gathered:
    stream = Gathered()
    for data in chunks:
        stream.add(data)
    return stream


@given(NEARLY)
def test_whatever_comes_whole_is_an_answer_or_says_why_not(document: Any) -> None:
    with suppress(NoCompletionError):
        read_whole(document)


@given(st.lists(st.one_of(NEARLY.map(json.dumps), st.text()), max_size=4))
def test_whatever_is_streamed_is_an_answer_or_says_why_not(chunks: list[str]) -> None:
    with suppress(NoCompletionError):
        gathered(*chunks).read()


@given(st.text(), CALLS, st.data())
def test_an_answer_is_the_same_however_it_is_cut(
    content: str, calls: list[tuple[str, str, dict[str, Any]]], data: st.DataObject
) -> None:
    def cut(text: str) -> list[str]:
        ends = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
        return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]

    tool_calls = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": json.dumps(a)}}
        for call_id, name, a in calls
    ]
    deltas: list[dict[str, Any]] = [{"role": "assistant"}]
    deltas += [{"content": piece} for piece in cut(content)]
    fragments: list[list[dict[str, Any]]] = []
    for index, call in enumerate(tool_calls):
        function: Any = call["function"]
        head = {**call, "index": index, "function": {"name": function["name"], "arguments": ""}}
        rest = [
            {"index": index, "function": {"arguments": piece}}
            for piece in cut(function["arguments"])
        ]
        fragments.append([head, *rest])
    # Fragments of several calls may come in turns; those of one call keep their order.
    while any(fragments):
        which = data.draw(st.sampled_from([one for one in fragments if one]))
        deltas.append({"tool_calls": [which.pop(0)]})
    got = gathered(*map(chunk, deltas), chunk({}, "stop")).read()
    want = read_whole(whole(role="assistant", content=content, tool_calls=tool_calls))
    assert (got.content or "", got.tool_calls) == (want.content or "", want.tool_calls)
    assert (got.role, got.model, got.finish_reason) == ("assistant", "m", "stop")


def test_usage_comes_last_with_no_choices_or_null() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "details": {}}
    none: list[Any] = []
    for choices in (none, None):
        last = json.dumps({"choices": choices, "usage": usage})
        stream = gathered(chunk({"content": "x"}, usage=None), chunk({}, "length"), last)
        answer = stream.read()
        assert answer.usage == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
        assert answer.finish_reason == "length"


def test_only_pieces_of_the_answer_count_as_its_begin() -> None:
    stream = Gathered()
    assert [
        stream.add(data)
        for data in (
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "x"}),
            chunk({"refusal": "no"}),
            chunk({"tool_calls": [{"index": 0, "function": {"name": "f"}}]}),
            chunk({}, "stop"),
            json.dumps({"choices": []}),
        )
    ] == [False, True, True, True, False, False]


def test_servers_that_tell_less_are_understood() -> None:
    assert read_whole(whole(content="a")).role == "assistant"
    assert read_whole(whole(content="a", role="bot")).role == "bot"
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    assert read_whole(whole(content=parts)).content == "ab"
    no_arguments = {"id": "1", "function": {"name": "f", "arguments": ""}}
    custom = {"id": "2", "type": "custom", "custom": {"name": "g", "input": "not json"}}
    assert read_whole(whole(content=None, tool_calls=[no_arguments, custom])).tool_calls == (
        {"id": "1", "name": "f", "arguments": {}},
        {"id": "2", "name": "g", "arguments": "not json"},
    )
    without_index = [
        {"id": "1", "function": {"name": "f", "arguments": '{"a"'}},
        {"function": {"arguments": ": 1}"}},
        {"id": "2", "function": {"name": "g"}},
    ]
    stream = gathered(*(chunk({"tool_calls": [one]}) for one in without_index), chunk({}, "stop"))
    assert [(c["name"], c["arguments"]) for c in stream.read().tool_calls] == [
        ("f", {"a": 1}),
        ("g", {}),
    ]


def test_calls_alone_are_no_content() -> None:
    call = {"index": 0, "function": {"name": "f", "arguments": "{}"}}
    stream = gathered(
        chunk({"content": ""}), chunk({"tool_calls": [call]}), chunk({}, "tool_calls")
    )
    assert stream.read().content is None
    assert gathered(chunk({"content": ""}), chunk({}, "stop")).read().content == ""


def test_other_choices_are_left_alone() -> None:
    second = {"index": 1, "delta": {"content": "B"}, "finish_reason": None}
    stream = gathered(chunk({"content": "a"}), json.dumps({"choices": [second]}), chunk({}, "stop"))
    assert stream.read().content == "a"
    assert len(stream.chunks) == 3


def test_a_stream_that_never_ends_is_left() -> None:
    stream = gathered(*[chunk({})] * MAX_EVENTS)
    with pytest.raises(NoCompletionError, match="the stream did not end within 100,000 chunks"):
        stream.add(chunk({}))


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "the answer is no chat completion: it is no JSON object but a list"),
        (1.5, "the answer is no chat completion: it is no JSON object but a number"),
        ({"answer": 1, "id": 2}, "it has no 'choices', only answer, id"),
        ({}, "it has no 'choices', only nothing"),
        ({"choices": {}}, "its 'choices' are empty"),
        ({"choices": [1]}, "its 'choices' are no list of objects"),
        ({"choices": [{}]}, "its choice has no 'message'"),
        (
            {"error": {"message": "too hot", "type": "t", "code": 7, "param": None}},
            "the server answered with an error: too hot (type t, code 7)",
        ),
        ({"error": "broken"}, "the server answered with an error: broken"),
        ({"error": {"reason": "x"}}, 'the server answered with an error: {"reason": "x"}'),
        (
            whole(tool_calls=[{"function": {"name": "f", "arguments": "{'a'"}}]),
            "the arguments of tool call 0, 'f', are not JSON (Expecting property name",
        ),
    ],
)
def test_what_is_no_completion_says_why(document: Any, problem: str) -> None:
    with pytest.raises(NoCompletionError, match=re.escape(problem)):
        read_whole(document)


@pytest.mark.parametrize(
    ("chunks", "problem"),
    [
        ([], "the stream ended after 0 chunks without a 'finish_reason'"),
        ([chunk({"content": "x"})], "the stream ended after 1 chunk without a 'finish_reason'"),
        ([chunk({}), '{"id'], "chunk 2 of the stream is not JSON (Unterminated string"),
        (["5"], "chunk 1 of the stream is none: it is no JSON object but a number"),
        (["{}"], "chunk 1 of the stream is none: it has no 'choices', only nothing"),
        (
            [chunk({}), '{"error": {"message": "overloaded", "type": "server_error"}}'],
            "the stream broke off after 1 chunk: overloaded (type server_error)",
        ),
        (["x" * 500], ": " + "x" * 200 + "..."),
    ],
)
def test_a_stream_that_is_none_says_where(chunks: list[str], problem: str) -> None:
    with pytest.raises(NoCompletionError, match=re.escape(problem)):
        gathered(*chunks).read()
