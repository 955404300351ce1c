"""One collection of objects as it changes, without a gap, whatever becomes of the connection.

A list gives what is there and its version; a watch from that version gives each change. A watch
that ends is begun again at the newest version that it told. Where the API has forgotten that
version (410), the list is read anew, and what differs from what was known is told as changes, so
that whoever follows sees a deletion that happened in between too.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from agentrig.kubernetes._errors import Refusal

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        Awaitable,
        Callable,
        Iterator,
        Mapping,
    )

    from agentrig.kubernetes._api import Api

__all__ = ["Change", "watch"]

# The API ends a watch after this time, so that silence beyond it is a dead connection: a quiet
# collection says nothing for minutes, and a firewall that drops a connection says nothing ever.
WATCH_S = 30
_SILENCE_S = WATCH_S + 10.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
# An API server that restarts is away for a minute or so.
PATIENCE_S = 120.0
_GONE = 410


class Change(Struct, frozen=True):
    """One change of a collection; of a deleted object, `object` is its last state."""

    kind: Literal["ADDED", "MODIFIED", "DELETED"]
    object: dict[str, Any]


class _Broken(Exception):  # noqa: N818  # caught here, and an error only after some time
    """What came makes no sense as a watch's answer."""


async def watch(
    api: Api,
    path: str,
    *,
    params: Mapping[str, str],
    on_listed: Callable[[], None] | None = None,
    on_break: Callable[[Exception], None] | None = None,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[Change]:
    """Give what is in the collection at `path`, then each change, until it is closed.

    `params` are those of the list, such as `labelSelector`. `on_listed` is called when all that
    is there has been given. A broken connection is told to `on_break` and tried again, less and
    less often. Raises what `explained` explains: a refusal at once, trouble that goes on for
    `patience_s` after that time.
    """
    import httpx2  # noqa: PLC0415  # comes with lightkube

    known = _Known()
    patience = _Patience(patience_s, sleep=sleep, clock=clock)
    while True:
        try:
            async with aclosing(_connected(api, path, params, known, on_listed)) as changes:
                async for change in changes:
                    patience.renew()
                    if change:
                        yield change
            # In peace, as twice a minute; without a pause an API that ends each at once is flooded.
            patience.renew()
            await sleep(_FIRST_PAUSE_S)
        except httpx2.ReadTimeout as error:
            await patience.use(error)
        except Refusal as error:
            if error.status == _GONE:
                known.version = ""
            elif not error.may_pass:
                raise
            await patience.use(error)
        except (httpx2.TransportError, OSError, ValueError, _Broken) as error:
            if on_break:
                on_break(error)
            await patience.use(error)


async def _connected(
    api: Api,
    path: str,
    params: Mapping[str, str],
    known: _Known,
    on_listed: Callable[[], None] | None,
) -> AsyncGenerator[Change | None]:
    """List if need be, and watch once."""
    if not known.version:
        for change in known.listed(await api.call("GET", path, params=params)):
            yield change
        if on_listed:
            on_listed()
    asked = {
        **params,
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": str(WATCH_S),
        "resourceVersion": known.version,
    }
    async with api.lines(path, params=asked, silence_s=_SILENCE_S) as lines:
        async for line in lines:
            yield known.told(json.loads(line))


class _Patience:
    """How long trouble may go on, and how long to wait before the next attempt."""

    def __init__(
        self,
        patience_s: float,
        *,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._patience_s = patience_s
        self._sleep = sleep
        self._clock = clock
        self.renew()

    def renew(self) -> None:
        self._since = self._clock()
        self._pause_s = _FIRST_PAUSE_S

    async def use(self, error: Exception) -> None:
        if self._clock() - self._since >= self._patience_s:
            raise error
        await self._sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)


class _Known:
    """What has been told of a collection, and up to which of its versions."""

    def __init__(self) -> None:
        self.version = ""
        self._objects: dict[str, dict[str, Any]] = {}

    def listed(self, answer: Any) -> Iterator[Change]:
        """Tell how a list differs from what was known."""
        try:
            found = {one["metadata"]["uid"]: one for one in answer["items"] or ()}
            version = str(answer["metadata"]["resourceVersion"])
        except (KeyError, TypeError) as error:
            raise _Broken(f"the answer is no list of objects: {error!r}") from error
        gone = [one for uid, one in self._objects.items() if uid not in found]
        changed = [
            Change("MODIFIED" if uid in self._objects else "ADDED", one)
            for uid, one in found.items()
            if _version(self._objects.get(uid)) != _version(one)
        ]
        # Before the first is told: whoever reads may stop at any one.
        self.version, self._objects = version, found
        yield from (Change("DELETED", one) for one in gone)
        yield from changed

    def told(self, event: Any) -> Change | None:
        """Take one event of the watch; give None for one that tells of no object."""
        try:
            kind, found = event["type"], event["object"]
            if kind == "ERROR":
                raise Refusal(int(found["code"]), str(found.get("message")))
            self.version = str(found["metadata"]["resourceVersion"])
            if kind == "BOOKMARK":
                return None
            uid = found["metadata"]["uid"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _Broken(f"the watch gave what is no event: {error!r}") from error
        if kind == "DELETED":
            self._objects.pop(uid, None)
            return Change("DELETED", found)
        was_known = uid in self._objects
        self._objects[uid] = found
        return Change("MODIFIED" if was_known else "ADDED", found)


def _version(found: Mapping[str, Any] | None) -> Any:
    return found and found["metadata"].get("resourceVersion")
