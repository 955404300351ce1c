"""From a request for a chat completion to the answer, whole or streamed, or to why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.checks import Output
from agentrig.scenario import describe_duration
from agentrig.steps._chat_answer import Completion, NoCompletionError, error_in, parsed, read_whole
from agentrig.steps._chat_stream import END_OF_STREAM, Gathered
from agentrig.steps._messages import LateError, NoAnswerError, Response
from agentrig.steps._sse import SseParser

if TYPE_CHECKING:
    from agentrig.steps._messages import Streamed
    from agentrig.steps._sending import Sending

__all__ = ["Received", "receive"]

_EVENT_STREAM = "text/event-stream"


class Received(Struct, kw_only=True):
    """What came: a `completion`, or the `problem` that it is none.

    `raw` is the JSON of the answer, of a stream the list of its chunks; `first_token_ms` is None
    where the answer was not streamed, or held no piece.
    """

    response: Response
    elapsed_ms: float
    completion: Completion | None = None
    problem: str | None = None
    raw: Any = None
    first_token_ms: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the status says that there is no answer."""
        return not 200 <= self.response.status <= 299  # noqa: PLR2004 - RFC 9110, 15.3

    def data(self) -> dict[str, Any]:
        """Give it as a step's output."""
        found = self.completion
        error = self.raw.get("error") if isinstance(self.raw, dict) else None
        return {
            "content": found.content if found else None,
            "role": found.role if found else None,
            "refusal": found.refusal if found else None,
            "tool_calls": list(found.tool_calls) if found else [],
            "finish_reason": found.finish_reason if found else None,
            "usage": found.usage if found else None,
            "model": found.model if found else None,
            "first_token_ms": self.first_token_ms,
            "elapsed_ms": self.elapsed_ms,
            "error": error,
            "raw": self.raw,
        }


async def receive(sending: Sending, *, stream: bool) -> Received:
    """Send the request and read what comes. Raises what `Sending` raises."""
    if stream:
        return await _receive_stream(sending)
    response = await sending.send()
    received = Received(response=response, elapsed_ms=_rounded(sending.elapsed_ms))
    if _is_event_stream(response) and not received.is_refused:
        received.problem = "the answer is a stream: add 'stream: true' to 'chat'"
        return received
    _read_document(received)
    return received


async def _receive_stream(sending: Sending) -> Received:
    async with sending.open() as streamed:
        response = Response(
            status=streamed.status,
            headers=streamed.headers,
            body=b"",
            url=streamed.url,
            hops=streamed.hops,
            cookies=streamed.cookies,
        )
        received = Received(response=response, elapsed_ms=0)
        pieces: list[bytes] = []
        try:
            if _is_event_stream(response):
                await _gather(sending, streamed, received, pieces)
            else:
                pieces += [piece async for piece in streamed.chunks]
        finally:
            # Also for the report of a stream that broke.
            response.body = b"".join(pieces)
            received.elapsed_ms = _rounded(sending.elapsed_ms)
    if not _is_event_stream(response):
        _read_document(received)
        if received.completion is not None:
            received.completion = None
            received.problem = "the answer is no stream, though 'stream: true' asked for one"
    return received


async def _gather(
    sending: Sending, streamed: Streamed, received: Received, pieces: list[bytes]
) -> None:
    """Take chunks in until the stream says that it ends, or what comes is none."""
    parser, gathered = SseParser(), Gathered()
    received.raw = gathered.chunks
    try:
        async for piece in streamed.chunks:
            pieces.append(piece)
            for event in parser.feed(piece):
                if event.data.strip() == END_OF_STREAM:
                    received.completion = gathered.read()
                    return
                if gathered.add(event.data) and received.first_token_ms is None:
                    received.first_token_ms = _rounded(sending.elapsed_ms)
        # Some servers close without a word.
        received.completion = gathered.read()
    except NoCompletionError as error:
        received.problem = str(error)
    except NoAnswerError as error:
        broken = str(error)
        if isinstance(error, LateError):
            broken = f"the stream did not end within {describe_duration(error.waited_s)}"
        received.problem = f"{broken}, after {gathered.so_far()}"


def _read_document(received: Received) -> None:
    response = received.response
    text = Output(body=response.body, headers=response.headers).text
    try:
        received.raw = parsed(text, what="the answer is")
        received.completion = read_whole(received.raw)
    except NoCompletionError as error:
        received.problem = error_in(received.raw) if received.is_refused else None
        received.problem = received.problem or str(error)


def _is_event_stream(response: Response) -> bool:
    return any(
        name == "content-type" and value.partition(";")[0].strip().lower() == _EVENT_STREAM
        for name, value in response.headers
    )


def _rounded(elapsed_ms: float) -> float:
    return round(elapsed_ms, 3)
