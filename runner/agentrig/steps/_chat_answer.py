"""A chat completion in the shape of OpenAI's API, as one JSON document."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct, field

__all__ = [
    "Call",
    "Completion",
    "NoCompletionError",
    "choice_in",
    "error_in",
    "objects_in",
    "parsed",
    "read_whole",
    "text_in",
    "text_of",
    "usage_in",
]

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
# Enough of what came instead of JSON to recognise it.
_SHOWN_CHARACTERS = 200


class NoCompletionError(ValueError):
    """What came is no chat completion; the text says why."""


class Completion(Struct, frozen=True, kw_only=True):
    """What the model answered, by its first choice.

    `tool_calls` are `{"id": str | None, "name": str, "arguments": Any}`; `usage` counts tokens,
    and is None where the server did not tell.
    """

    role: str
    content: str | None
    refusal: str | None
    tool_calls: tuple[dict[str, Any], ...]
    finish_reason: str | None
    usage: dict[str, int] | None
    model: str | None


class Call(Struct, kw_only=True):
    """A tool call, perhaps still coming: `arguments` are the pieces of a JSON text."""

    id: str | None = None
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    # A custom tool is given a text of its own format, not JSON.
    is_custom: bool = False

    def add(self, part: dict[str, Any]) -> None:
        """Take in a call, or a fragment of one."""
        self.id = self.id or text_in(part, "id")
        custom = part.get("custom")
        self.is_custom = self.is_custom or isinstance(custom, dict)
        function = custom if isinstance(custom, dict) else part.get("function")
        if isinstance(function, dict):
            # Some servers repeat the name in each fragment, so that it is never put together.
            self.name = self.name or text_in(function, "name") or ""
            pieces = text_in(function, "input" if self.is_custom else "arguments")
            self.arguments.append(pieces or "")

    def read(self, index: int) -> dict[str, Any]:
        """Give the call whole. Raises NoCompletionError for arguments that are not JSON."""
        text = "".join(self.arguments)
        if self.is_custom:
            return {"id": self.id, "name": self.name, "arguments": text}
        what = f"the arguments of tool call {index}, '{self.name}', are"
        # A function without parameters is called with "" by several servers.
        arguments = parsed(text, what=what) if text else {}
        return {"id": self.id, "name": self.name, "arguments": arguments}


def read_whole(document: Any) -> Completion:
    """Read an answer that was not streamed. Raises NoCompletionError."""
    if problem := error_in(document):
        raise NoCompletionError(f"the server answered with an error: {problem}")
    choice = choice_in(document, what="the answer is no chat completion:")
    if choice is None:
        raise NoCompletionError("the answer is no chat completion: its 'choices' are empty")
    message = choice.get("message")
    if not isinstance(message, dict):
        raise NoCompletionError("the answer is no chat completion: its choice has no 'message'")
    tool_calls: list[dict[str, Any]] = []
    for index, part in enumerate(objects_in(message, "tool_calls")):
        call = Call()
        call.add(part)
        tool_calls.append(call.read(index))
    return Completion(
        role=text_in(message, "role") or "assistant",
        content=text_of(message.get("content")),
        refusal=text_in(message, "refusal"),
        tool_calls=tuple(tool_calls),
        finish_reason=text_in(choice, "finish_reason"),
        usage=usage_in(document),
        model=text_in(document, "model"),
    )


def parsed(text: str, *, what: str) -> Any:
    """Parse JSON. Raises NoCompletionError, which begins with `what`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        shown = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
        raise NoCompletionError(f"{what} not JSON ({error}): {shown}") from None


def error_in(document: Any) -> str | None:
    """Say what the error object in an answer says; None where there is none."""
    error = document.get("error") if isinstance(document, dict) else None
    if not error:
        return None
    if not isinstance(error, dict):
        return str(error)
    told = [f"{key} {error[key]}" for key in ("type", "code", "param") if error.get(key)]
    message = text_in(error, "message") or json.dumps(error, ensure_ascii=False)
    return f"{message} ({', '.join(told)})" if told else message


def choice_in(document: Any, *, what: str) -> dict[str, Any] | None:
    """Find the first choice of a completion or chunk; None where it has none.

    The last chunk, which tells the usage, has an empty list, or null on some servers. Raises
    NoCompletionError, which begins with `what`.
    """
    if not isinstance(document, dict):
        raise NoCompletionError(f"{what} it is no JSON object but {_kind_of(document)}")
    if "choices" not in document:
        known = ", ".join(sorted(document)[:8]) or "nothing"
        raise NoCompletionError(f"{what} it has no 'choices', only {known}")
    choices = document["choices"] or []
    if not isinstance(choices, list) or not all(isinstance(one, dict) for one in choices):
        raise NoCompletionError(f"{what} its 'choices' are no list of objects")
    return next((one for one in choices if one.get("index") in (0, None)), None)


def usage_in(document: dict[str, Any]) -> dict[str, int] | None:
    """Read the numbers of tokens; None where there are none."""
    usage = document.get("usage")
    if not isinstance(usage, dict):
        return None
    return {key: usage[key] for key in _COUNTS if isinstance(usage.get(key), int)}


def text_of(content: Any) -> str | None:
    """Give a message's content as text; some servers send it as a list of parts."""
    if isinstance(content, list):
        texts = [text_in(part, "text") for part in content if isinstance(part, dict)]
        return "".join(text for text in texts if text is not None)
    return content if isinstance(content, str) else None


def objects_in(mapping: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Give the objects of the list at `key`; none where there is no list."""
    value = mapping.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text_in(mapping: dict[str, Any], key: str) -> str | None:
    """Give the text at `key`; None for anything else."""
    value = mapping.get(key)
    return value if isinstance(value, str) else None


def _kind_of(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
