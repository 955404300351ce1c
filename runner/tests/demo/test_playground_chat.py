from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "unit": {"enum": ["celsius", "fahrenheit"]},
                "wind": {"type": "boolean"},
            },
        },
    },
}


def body(*said: str, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text} for text in said]
    return {"model": "playground-small", "messages": messages, **more}


def choice(client: httpx.Client, *said: str, **more: Any) -> dict[str, Any]:
    response = client.post("/v1/chat/completions", json=body(*said, **more))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()["choices"][0]
    return answer


def content(client: httpx.Client, *said: str, **more: Any) -> Any:
    return choice(client, *said, **more)["message"]["content"]


def events(client: httpx.Client, *said: str, **more: Any) -> list[Any]:
    """Give the JSON of the stream's events; the mark of its end stays text."""
    text = client.post("/v1/chat/completions", json=body(*said, stream=True, **more)).text
    datas = [event.removeprefix("data: ") for event in text.split("\n\n") if event]
    return [data if data == "[DONE]" else json.loads(data) for data in datas]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (["Say hello world"], "hello world"),
        (["add 2 and 40.5"], "The sum is 42.5."),
        (["My name is Ann.", "What is my name?"], "Your name is Ann."),
        (["What is my name?"], "You have not told me your name."),
        (["Give me JSON"], '{"messages": 1, "asked": "Give me JSON"}'),
        (["One", "Two"], "Message 2 was: Two"),
    ],
)
def test_the_same_messages_get_the_same_answer(
    playground: httpx.Client, said: list[str], answer: str
) -> None:
    assert content(playground, *said) == content(playground, *said) == answer


def test_an_answer_has_the_shape_of_openais(playground: httpx.Client) -> None:
    answer = playground.post("/v1/chat/completions", json=body("say one two three")).json()
    assert answer["id"].startswith("chatcmpl-")
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "playground-small"
    assert answer["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "one two three", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    usage = {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}
    assert answer["usage"] == usage


def test_a_system_message_and_parts_are_read(playground: httpx.Client) -> None:
    messages = [
        {"role": "system", "content": "Shout."},
        {"role": "user", "content": [{"type": "text", "text": "say hi"}, {"type": "image_url"}]},
    ]
    assert content(playground, messages=messages) == "HI"


def test_a_refusal_is_no_content(playground: httpx.Client) -> None:
    message = choice(playground, "refuse this")["message"]
    assert (message["content"], message["refusal"]) == (None, "I cannot help with that.")


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_a_limit_cuts_the_answer(playground: httpx.Client, limit: str) -> None:
    cut = choice(playground, "say one two three", **{limit: 2})
    assert (cut["message"]["content"], cut["finish_reason"]) == ("one two", "length")
    whole = choice(playground, "say one two", **{limit: 2})
    assert (whole["message"]["content"], whole["finish_reason"]) == ("one two", "stop")


def test_stop_ends_the_answer(playground: httpx.Client) -> None:
    assert content(playground, "say one, two", stop=",") == "one"
    assert content(playground, "say one, two", stop=["three", "two"]) == "one, "


def test_several_choices_are_given(playground: httpx.Client) -> None:
    answer = playground.post("/v1/chat/completions", json=body("say hi", n=2)).json()
    assert [one["index"] for one in answer["choices"]] == [0, 1]


def test_a_tool_is_called_with_what_was_said(playground: httpx.Client) -> None:
    answer = choice(playground, "The weather in Paris for 3 days in fahrenheit", tools=[WEATHER])
    assert answer["finish_reason"] == "tool_calls"
    assert answer["message"]["content"] is None
    (call,) = answer["message"]["tool_calls"]
    assert call["type"] == "function"
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {
        "city": "Paris",
        "days": 3,
        "unit": "fahrenheit",
        "wind": True,
    }


def test_two_places_make_two_calls_unless_one_is_asked_for(playground: httpx.Client) -> None:
    asked = "Compare the weather in Paris and New York"
    calls = choice(playground, asked, tools=[WEATHER])["message"]["tool_calls"]
    cities = [json.loads(call["function"]["arguments"])["city"] for call in calls]
    assert cities == ["Paris", "New York"]
    assert len({call["id"] for call in calls}) == 2
    one = choice(playground, asked, tools=[WEATHER], parallel_tool_calls=False)
    assert len(one["message"]["tool_calls"]) == 1


def test_tool_choice_decides(playground: httpx.Client) -> None:
    named = {"type": "function", "function": {"name": "get_weather"}}
    for tool_choice in ("required", named):
        called = choice(playground, "say hi", tools=[WEATHER], tool_choice=tool_choice)
        assert called["finish_reason"] == "tool_calls"
    for tool_choice in ("none", "auto"):
        said = content(playground, "say hi", tools=[WEATHER], tool_choice=tool_choice)
        assert said == "hi"


def test_the_results_of_tools_are_answered_about(playground: httpx.Client) -> None:
    messages = [
        {"role": "user", "content": "The weather in Paris"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "call_1", "content": "Sunny."},
        {"role": "tool", "tool_call_id": "call_2", "content": "21 degrees."},
    ]
    assert content(playground, messages=messages, tools=[WEATHER]) == "Sunny. 21 degrees."


def test_a_stream_gives_the_same_answer_in_pieces(playground: httpx.Client) -> None:
    *chunks, end = events(playground, "say one two three")
    assert end == "[DONE]"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas == [
        {"role": "assistant", "content": ""},
        {"content": "one"},
        {"content": " two"},
        {"content": " three"},
        {},
    ]
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None, None, None, None, "stop"]
    assert "usage" not in chunks[0]


def test_a_stream_tells_usage_last_if_asked(playground: httpx.Client) -> None:
    *chunks, _ = events(playground, "say hi", stream_options={"include_usage": True})
    assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    usage = {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3}
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], usage)


def test_a_stream_gives_calls_in_fragments(playground: httpx.Client) -> None:
    asked = "The weather in Paris and Rome"
    *chunks, _ = events(playground, asked, tools=[WEATHER])
    fragments = [
        fragment
        for chunk in chunks
        for fragment in chunk["choices"][0]["delta"].get("tool_calls", [])
    ]
    for index, city in enumerate(["Paris", "Rome"]):
        first, *more = [one for one in fragments if one["index"] == index]
        assert first["function"] == {"name": "get_weather", "arguments": ""}
        assert all(one.keys() == {"index", "function"} for one in more)
        assert len(more) > 1
        arguments = json.loads("".join(one["function"]["arguments"] for one in more))
        assert arguments["city"] == city
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_slow_model_takes_its_time(playground: httpx.Client) -> None:
    response = playground.post(
        "/v1/chat/completions", json=body("say one two", model="playground-slow", stream=True)
    )
    assert response.elapsed.total_seconds() >= 0.17


def test_faults_come_as_they_are_asked_for(playground: httpx.Client) -> None:
    faulty = {"model": "playground-faulty"}
    assert content(playground, "say all is well", **faulty) == "all is well"

    def answer(said: str, **more: Any) -> httpx.Response:
        return playground.post("/v1/chat/completions", json=body(said, **faulty, **more))

    assert answer("say overload please").status_code == 429
    assert answer("say error please").json()["error"]["type"] == "server_error"
    assert answer("say garbled please").text == '{"id": "chatcmpl-'
    assert '"error": {' in answer("say error please", stream=True).text
    assert answer("say garbled please", stream=True).text.endswith('data: {"id": "chatcmpl-\n\n')
    cut = answer("say cut please", stream=True).text
    assert "cut" in cut
    assert "stop" not in cut
    assert "[DONE]" not in cut


@pytest.mark.parametrize(
    ("changes", "status", "param"),
    [
        ({"model": None}, 400, "model"),
        ({"model": "gpt-x"}, 404, "model"),
        ({"messages": []}, 400, "messages"),
        ({"messages": [{"role": "robot"}]}, 400, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 1}]}, 400, "messages[0].content"),
        ({"messages": [{"role": "tool", "content": ""}]}, 400, "messages[0].tool_call_id"),
        ({"temperature": 2.5}, 400, "temperature"),
        ({"temperature": "hot"}, 400, "temperature"),
        ({"max_tokens": 0}, 400, "max_tokens"),
        ({"n": 9}, 400, "n"),
        ({"stop": [1]}, 400, "stop"),
        ({"stream_options": {"include_usage": True}}, 400, "stream_options"),
        ({"tools": [{}]}, 400, "tools[0].function.name"),
        ({"tool_choice": "required"}, 400, "tool_choice"),
        ({"tool_choice": "maybe"}, 400, "tool_choice"),
    ],
)
def test_what_is_wrong_is_refused_in_openais_shape(
    playground: httpx.Client, changes: dict[str, Any], status: int, param: str
) -> None:
    response = playground.post("/v1/chat/completions", json={**body("hi"), **changes})
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (status, param)
    assert error["type"] == "invalid_request_error"
    assert error["message"]


def test_bodies_and_keys_that_are_none_are_refused(playground: httpx.Client) -> None:
    url = "/v1/chat/completions"
    assert playground.post(url, content=b"{").json()["error"]["message"] == "the body is not JSON"
    response = playground.post(url, json=body("hi"), headers={"authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


def test_models_are_listed(playground: httpx.Client) -> None:
    names = [model["id"] for model in playground.get("/v1/models").json()["data"]]
    assert names[:2] == ["playground-small", "playground-large"]
