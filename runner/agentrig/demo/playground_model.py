"""The playground's language model: rules, so that the same messages get the same answer.

| the last message of the user holds | answer |
|---|---|
| `say TEXT` | TEXT |
| numbers and `add` or `sum` | their sum |
| `json` | a JSON object that tells how many messages there were |
| `my name?` | what `my name is NAME` said in an earlier message |
| `refuse` | a refusal, and no content |
| the last word of a tool's name, as `weather` of `get_weather` | a call of that tool |
| anything else | how many messages there were, and what the last one was |

A tool that was called is answered about: after messages of the role `tool`, their contents are
the answer. A system message that says `shout` puts the answer in capitals.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Answer", "Call", "Message", "Tool", "answer_to", "pieces_of"]

_PIECE = re.compile(r"\s*\S+\s*$|\s*\S+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PROPER_NAME = re.compile(r"\b(?:in|for|of|at|to|from|and|,)\s+([A-Z]\w+(?: [A-Z]\w+)*)")
_SAY = re.compile(r"\bsay:?\s+(.+)", re.IGNORECASE | re.DOTALL)
_MY_NAME = re.compile(r"\bmy name is (\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation; `text` is its content's text parts, joined."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the caller offers; `parameters` is its JSON Schema."""

    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function to call, and with what."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model says: a text, or a refusal, or calls."""

    content: str | None = None
    refusal: str | None = None
    calls: tuple[Call, ...] = field(default=())


def pieces_of(text: str) -> list[str]:
    """Cut a text into what stands for tokens: words, with the space before them."""
    return _PIECE.findall(text)


def answer_to(
    messages: Sequence[Message], tools: Sequence[Tool] = (), *, must_call: str | None = None
) -> Answer:
    """Answer a conversation; `must_call` names the tool that the answer has to call."""
    asked = next((message.text for message in reversed(messages) if message.role == "user"), "")
    if must_call is None and messages and messages[-1].role == "tool":
        return _spoken(messages, " ".join(_results_at_the_end(messages)))
    wanted = [tool for tool in tools if tool.name == must_call or _is_asked_for(tool, asked)]
    if must_call is not None:
        wanted = [tool for tool in wanted if tool.name == must_call]
    calls = tuple(call for tool in wanted for call in _calls_of(tool, asked))
    if calls:
        return Answer(calls=calls)
    if re.search(r"\brefuse\b", asked, re.IGNORECASE):
        return Answer(refusal="I cannot help with that.")
    return _spoken(messages, _words_about(asked, messages))


def _spoken(messages: Sequence[Message], text: str) -> Answer:
    shout = any(m.role in {"system", "developer"} and "shout" in m.text.lower() for m in messages)
    return Answer(content=text.upper() if shout else text)


def _words_about(asked: str, messages: Sequence[Message]) -> str:
    if found := _SAY.search(asked):
        return found[1]
    if re.search(r"\b(add|sum)\b", asked, re.IGNORECASE) and (numbers := _numbers_in(asked)):
        return f"The sum is {sum(numbers):g}."
    if re.search(r"\bjson\b", asked, re.IGNORECASE):
        return json.dumps({"messages": len(messages), "asked": asked})
    if re.search(r"\bmy name\?", asked, re.IGNORECASE):
        names = [found[1] for m in messages[:-1] if (found := _MY_NAME.search(m.text))]
        return f"Your name is {names[-1]}." if names else "You have not told me your name."
    return f"Message {len(messages)} was: {asked}"


def _results_at_the_end(messages: Sequence[Message]) -> list[str]:
    results: list[str] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        results.insert(0, message.text)
    return results


def _is_asked_for(tool: Tool, asked: str) -> bool:
    word = re.split(r"[_\W]+", tool.name.strip("_"))[-1]
    return bool(re.search(rf"\b{re.escape(word)}\b", asked, re.IGNORECASE))


def _calls_of(tool: Tool, asked: str) -> list[Call]:
    """Make one call, or one for each proper name where a parameter of type string takes it."""
    properties: dict[str, Any] = tool.parameters.get("properties") or {}
    names = _PROPER_NAME.findall(asked)
    numbers = _numbers_in(asked)
    takes_name = any(
        schema.get("type") == "string" and "enum" not in schema
        for schema in properties.values()
        if isinstance(schema, dict)
    )
    return [
        Call(
            name=tool.name,
            arguments={
                key: _argument(schema, asked, name=name, numbers=numbers)
                for key, schema in properties.items()
            },
        )
        for name in (names if names and takes_name else [names[0] if names else None])
    ]


def _argument(schema: Any, asked: str, *, name: str | None, numbers: list[float]) -> Any:
    schema = schema if isinstance(schema, dict) else {}
    if enum := schema.get("enum"):
        return next((one for one in enum if str(one).lower() in asked.lower()), enum[0])
    number = numbers[0] if numbers else 0
    by_type: dict[str, Any] = {
        "integer": int(number),
        "number": number,
        "boolean": True,
        "array": [],
        "object": {},
    }
    return by_type.get(str(schema.get("type")), name or asked)


def _numbers_in(text: str) -> list[float]:
    return [float(found) for found in _NUMBER.findall(text)]
