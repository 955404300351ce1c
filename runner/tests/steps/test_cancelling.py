"""No cancellation is lost, at whatever moment it comes."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from agentrig.steps import Clients
from agentrig.steps._messages import Request
from tests.support.raw_server import Conversation, raw_server

ROUNDS, AT_ONCE = 5, 10


def busy(conversation: Conversation) -> None:
    """Send a piece of a body each millisecond."""
    conversation.request()
    with suppress(OSError):
        conversation.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            conversation.say(b"piece")
            conversation.pause(0.001)


def test_every_reader_of_a_busy_stream_ends_when_it_is_told() -> None:
    async def read(clients: Clients, url: str) -> None:
        async with clients.open(Request(method="GET", url=url)) as streamed:
            async for _ in streamed.chunks:
                task = asyncio.current_task()
                assert task is not None
                assert not task.cancelling(), "a cancellation was lost"

    async def cancel_many(url: str) -> list[BaseException | None]:
        ended: list[BaseException | None] = []
        async with Clients() as clients:
            for _ in range(ROUNDS):
                tasks = [asyncio.create_task(read(clients, url)) for _ in range(AT_ONCE)]
                await asyncio.sleep(0.05)
                # Pieces arrive while the loop is busy: each reader has one waiting for it.
                time.sleep(0.01)  # noqa: ASYNC251  # on purpose
                for task in tasks:
                    task.cancel()
                ended += await asyncio.gather(*tasks, return_exceptions=True)
        return ended

    with raw_server(busy) as server:
        ended = asyncio.run(cancel_many(server.url))
    assert {type(one) for one in ended} == {asyncio.CancelledError}
