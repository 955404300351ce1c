"""Chat completions of the playground, in the shape of OpenAI's API: whole, or streamed.

Faults are asked for by the model: `playground-faulty` reads in the user's message which one.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from agentrig.demo.playground_chat_request import (
    ChatError,
    ChatRequest,
    models_here,
    read_chat,
)
from agentrig.demo.playground_events import event_stream
from agentrig.demo.playground_json import AsciiJson, read_object
from agentrig.demo.playground_model import Answer, answer_to, pieces_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

__all__ = ["chat_routes"]

_LARGEST_BODY_BYTES = 1024 * 1024
_FRAGMENT_CHARACTERS = 9


def chat_routes() -> list[Route]:
    """Give `/v1/chat/completions` and `/v1/models`."""
    return [
        Route("/v1/chat/completions", _complete, methods=["POST"]),
        Route("/v1/models", _models),
    ]


async def _models(_request: Request) -> Response:
    data = [
        {"id": name, "object": "model", "created": 0, "owned_by": "playground"}
        for name in models_here()
    ]
    return AsciiJson({"object": "list", "data": data})


async def _complete(request: Request) -> Response:
    try:
        chat = await _asked(request)
    except ChatError as error:
        return AsciiJson(error.body(), status_code=error.status)
    completion = _completion_of(chat)
    if chat.stream:
        return event_stream(_streamed(chat, completion))
    if chat.fault == "garbled":
        return Response('{"id": "chatcmpl-', media_type="application/json")
    await asyncio.sleep(chat.model.first_token_ms / 1000)
    return AsciiJson(_whole(chat, completion))


async def _asked(request: Request) -> ChatRequest:
    if request.headers.get("authorization", "").lower() == "bearer wrong":
        raise ChatError(401, "the API key is wrong", code="invalid_api_key")
    try:
        body = await read_object(request, limit_bytes=_LARGEST_BODY_BYTES)
    except HTTPException as error:
        raise ChatError(error.status_code, error.detail) from None
    chat = read_chat(body)
    if chat.fault == "overload":
        raise ChatError(429, "too many requests", type="rate_limit_error", code="rate_limit")
    if chat.fault == "error" and not chat.stream:
        raise ChatError(500, "the model broke", type="server_error")
    return chat


@dataclass(frozen=True, slots=True, kw_only=True)
class _Completion:
    id: str
    created: int
    answer: Answer
    finish_reason: str
    usage: dict[str, int]


def _completion_of(chat: ChatRequest) -> _Completion:
    answer = answer_to(chat.messages, chat.tools, must_call=chat.must_call)
    if not chat.parallel_calls:
        answer = Answer(content=answer.content, refusal=answer.refusal, calls=answer.calls[:1])
    finish_reason = "tool_calls" if answer.calls else "stop"
    content = answer.content
    if content is not None:
        for end in chat.stop:
            content = content.partition(end)[0]
        pieces = pieces_of(content)
        if chat.most_tokens is not None and len(pieces) > chat.most_tokens:
            content, finish_reason = "".join(pieces[: chat.most_tokens]), "length"
        answer = Answer(content=content)
    said = "".join(
        [
            answer.content or answer.refusal or "",
            *(f" {call.name} {json.dumps(call.arguments)}" for call in answer.calls),
        ]
    )
    prompt = sum(len(pieces_of(message.text)) for message in chat.messages)
    completion = len(pieces_of(said))
    return _Completion(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        created=int(time.time()),
        answer=answer,
        finish_reason=finish_reason,
        usage={
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    )


def _whole(chat: ChatRequest, completion: _Completion) -> dict[str, Any]:
    answer = completion.answer
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.content,
        "refusal": answer.refusal,
    }
    if answer.calls:
        message["tool_calls"] = _calls(completion)
    choice = {"message": message, "logprobs": None, "finish_reason": completion.finish_reason}
    return {
        "id": completion.id,
        "object": "chat.completion",
        "created": completion.created,
        "model": chat.model.name,
        "choices": [{"index": index, **choice} for index in range(chat.choices)],
        "usage": completion.usage,
    }


async def _streamed(chat: ChatRequest, completion: _Completion) -> AsyncIterator[str]:
    def event(choices: list[dict[str, Any]], **more: Any) -> str:
        chunk = {
            "id": completion.id,
            "object": "chat.completion.chunk",
            "created": completion.created,
            "model": chat.model.name,
            "choices": choices,
            **({"usage": None} if chat.include_usage else {}),
            **more,
        }
        return f"data: {json.dumps(chunk)}\n\n"

    def choices(delta: dict[str, Any], finish_reason: str | None = None) -> list[dict[str, Any]]:
        one = {"delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return [{"index": index, **one} for index in range(chat.choices)]

    yield event(choices({"role": "assistant", "content": None if completion.answer.calls else ""}))
    await asyncio.sleep(chat.model.first_token_ms / 1000)
    for number, delta in enumerate(_deltas(completion)):
        if number == 1 and chat.fault in {"error", "garbled", "cut"}:
            # After one piece: the stream has begun well, which is when it is hard to tell.
            if chat.fault == "error":
                error = ChatError(500, "the model broke", type="server_error")
                yield f"data: {json.dumps(error.body())}\n\n"
            elif chat.fault == "garbled":
                yield 'data: {"id": "chatcmpl-\n\n'
            return
        await asyncio.sleep(chat.model.token_ms / 1000 if number else 0)
        yield event(choices(delta))
    yield event(choices({}, completion.finish_reason))
    if chat.include_usage:
        yield event([], usage=completion.usage)
    yield "data: [DONE]\n\n"


def _deltas(completion: _Completion) -> Iterator[dict[str, Any]]:
    answer = completion.answer
    for piece in pieces_of(answer.content or ""):
        yield {"content": piece}
    for piece in pieces_of(answer.refusal or ""):
        yield {"refusal": piece}
    for index, call in enumerate(_calls(completion)):
        arguments = call["function"]["arguments"]
        head = {**call, "function": {"name": call["function"]["name"], "arguments": ""}}
        yield {"tool_calls": [{"index": index, **head}]}
        for start in range(0, len(arguments), _FRAGMENT_CHARACTERS):
            fragment = arguments[start : start + _FRAGMENT_CHARACTERS]
            yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}


def _calls(completion: _Completion) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{completion.id[-12:]}_{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for index, call in enumerate(completion.answer.calls)
    ]
