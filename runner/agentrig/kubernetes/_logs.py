"""Log lines of pods, each one read once, however often the logs are asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.kubernetes._errors import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from agentrig.kubernetes._api import Api

__all__ = ["LogLine", "LogPosition", "LogReader"]

# As the kubelet writes them: RFC 3339 with up to nine digits of a second.
_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?")
_NS_PER_S = 10**9
# A container that has not started, a pod that is gone: no lines, yet or any more.
_NO_LINES = frozenset({400, 404})


class LogLine(Struct, frozen=True, kw_only=True):
    """One line of one container, without its line break."""

    pod: str
    container: str
    text: str


class LogPosition:
    """Up to where the log of one container was read; its lines begin with their time."""

    def __init__(self, *, since_ns: int = 0) -> None:
        self._newest_ns = since_ns
        # How many lines of that time were read.
        self._count = 0
        self.resume()

    @property
    def since(self) -> str:
        """The time to ask for the rest from; the API counts in whole seconds."""
        at = datetime.fromtimestamp(self._newest_ns // _NS_PER_S, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def resume(self) -> None:
        """Begin a reading `since` that time: what comes twice is passed over."""
        self._begin = self._newest_ns, self._count
        self._at_ns, self._seen = self._newest_ns, 0

    def new_text(self, line: str) -> str | None:
        """Give a line without its time, None for one that was read before."""
        stamp = _STAMPED.match(line)
        try:
            at_ns = _nanoseconds(stamp) if stamp else self._at_ns
        except ValueError:  # no time at all, in a line of no kubelet
            stamp, at_ns = None, self._at_ns
        if at_ns >= self._at_ns:
            self._seen = self._seen + 1 if at_ns == self._at_ns else 1
            self._at_ns = at_ns
        begin_ns, known = self._begin
        if at_ns < begin_ns or (at_ns == begin_ns == self._at_ns and self._seen <= known):
            return None
        self._newest_ns, self._count = self._at_ns, self._seen
        return line[stamp.end() :] if stamp else line


class LogReader:
    """Reads what containers log from a time on, `since_s` (seconds since the epoch)."""

    def __init__(self, api: Api, *, since_s: float) -> None:
        self._api = api
        self._since_ns = int(since_s * _NS_PER_S)
        self._read: dict[str, LogPosition] = {}

    async def new_lines(
        self, pods: Iterable[Mapping[str, Any]], *, container: str | None
    ) -> AsyncIterator[LogLine]:
        """Give the lines that have come since the last call, container by container."""
        for pod in pods:
            for name in _containers(pod):
                if container in {None, name}:
                    async for line in self._of(pod["metadata"], name):
                        yield line

    async def _of(self, pod: Mapping[str, Any], container: str) -> AsyncIterator[LogLine]:
        key = f"{pod['uid']}/{container}"
        position = self._read.setdefault(key, LogPosition(since_ns=self._since_ns))
        position.resume()
        path = f"/api/v1/namespaces/{pod['namespace']}/pods/{pod['name']}/log"
        params = {"container": container, "timestamps": "true", "sinceTime": position.since}
        try:
            async with self._api.lines(path, params=params) as lines:
                async for line in lines:
                    text = position.new_text(line.decode(errors="replace"))
                    if text is not None:
                        yield LogLine(pod=pod["name"], container=container, text=text)
        except Refusal as refusal:
            if refusal.status not in _NO_LINES:
                raise


def _containers(pod: Mapping[str, Any]) -> list[str]:
    spec = pod["spec"]
    return [one["name"] for one in (*(spec.get("initContainers") or ()), *spec["containers"])]


def _nanoseconds(stamp: re.Match[str]) -> int:
    whole, fraction, zone = stamp.groups()
    seconds = int(datetime.fromisoformat(whole + zone).timestamp())
    return seconds * _NS_PER_S + int((fraction or "0").ljust(9, "0"))
