"""A chat completion that comes in chunks, each the data of a server-sent event."""

from __future__ import annotations

from typing import Any

from agentrig.steps._chat_answer import (
    Call,
    Completion,
    NoCompletionError,
    choice_in,
    error_in,
    objects_in,
    parsed,
    text_in,
    text_of,
    usage_in,
)
from agentrig.steps._event_stream import MAX_EVENTS

__all__ = ["END_OF_STREAM", "Gathered"]

END_OF_STREAM = "[DONE]"


class Gathered:
    """The chunks of a stream, put together as they come; `chunks` are what they were."""

    def __init__(self) -> None:
        """Begin with none."""
        self.chunks: list[Any] = []
        self._head: dict[str, str] = {}
        self._pieces: dict[str, list[str]] = {}
        self._calls: dict[int, Call] = {}
        self._usage: dict[str, int] | None = None

    def add(self, data: str) -> bool:
        """Take in the data of one event; tell whether a piece of the answer was in it.

        Raises NoCompletionError for what is no chunk, and for an error in place of one.
        """
        if len(self.chunks) == MAX_EVENTS:
            raise NoCompletionError(f"the stream did not end within {self.so_far()}")
        what = f"chunk {len(self.chunks) + 1} of the stream"
        chunk = parsed(data, what=f"{what} is")
        if problem := error_in(chunk):
            raise NoCompletionError(f"the stream broke off after {self.so_far()}: {problem}")
        choice = choice_in(chunk, what=f"{what} is none:")
        self.chunks.append(chunk)
        self._keep("model", chunk)
        self._usage = usage_in(chunk) or self._usage
        if choice is None:
            return False
        self._keep("finish_reason", choice)
        delta = choice.get("delta")
        return isinstance(delta, dict) and self._add_delta(delta)

    def read(self) -> Completion:
        """Read the answer when the stream has ended. Raises NoCompletionError."""
        if "finish_reason" not in self._head:
            raise NoCompletionError(
                f"the stream ended after {self.so_far()} without a 'finish_reason'"
            )
        calls = [call for _, call in sorted(self._calls.items())]
        return Completion(
            role=self._head.get("role", "assistant"),
            content=self._joined("content"),
            refusal=self._joined("refusal"),
            tool_calls=tuple(call.read(index) for index, call in enumerate(calls)),
            finish_reason=self._head["finish_reason"],
            usage=self._usage,
            model=self._head.get("model"),
        )

    def so_far(self) -> str:
        """Say how many chunks there are."""
        number = len(self.chunks)
        return f"{number:,} chunk{'' if number == 1 else 's'}"

    def _add_delta(self, delta: dict[str, Any]) -> bool:
        self._keep("role", delta)
        found = False
        for key in ("content", "refusal"):
            piece = text_of(delta.get(key))
            if piece is not None:
                self._pieces.setdefault(key, []).append(piece)
                found = found or bool(piece)
        for part in objects_in(delta, "tool_calls"):
            self._call_of(part).add(part)
            found = True
        return found

    def _call_of(self, part: dict[str, Any]) -> Call:
        """Find the call that a fragment belongs to.

        Some servers send whole calls without an index: an id then begins a new one.
        """
        index = part.get("index")
        if not isinstance(index, int):
            last = max(self._calls, default=-1)
            index = last + 1 if last < 0 or text_in(part, "id") else last
        return self._calls.setdefault(index, Call())

    def _keep(self, key: str, mapping: dict[str, Any]) -> None:
        value = text_in(mapping, key)
        if value and key not in self._head:
            self._head[key] = value

    def _joined(self, key: str) -> str | None:
        # An answer of calls alone begins with "" on some servers: that is no content.
        text = "".join(self._pieces.get(key, ()))
        return text if text or (key in self._pieces and not self._calls) else None
