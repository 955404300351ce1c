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

__all__ = ["LogLine", "LogReader"]

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


class LogReader:
    """Reads what containers log from a time on, `since_s` (seconds since the epoch)."""

    def __init__(self, api: Api, *, since_s: float) -> None:
        self._api = api
        self._since_ns = int(since_s * _NS_PER_S)
        # By container: the time of the newest line, and how many lines of that time were read.
        self._read: dict[str, tuple[int, int]] = {}

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
        begin, known = self._read.get(key, (self._since_ns, 0))
        newest, count = begin, 0
        # The API counts in whole seconds: what comes twice is passed over here.
        since = datetime.fromtimestamp(begin // _NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        path = f"/api/v1/namespaces/{pod['namespace']}/pods/{pod['name']}/log"
        params = {"container": container, "timestamps": "true", "sinceTime": since}
        try:
            async with self._api.lines(path, params=params) as lines:
                async for line in lines:
                    stamp = _STAMPED.match(line)
                    at = _nanoseconds(stamp) if stamp else newest
                    if at >= newest:
                        newest, count = at, count + 1 if at == newest else 1
                    if at < begin or (at == begin and newest == begin and count <= known):
                        continue
                    self._read[key] = newest, count
                    text = line[stamp.end() :] if stamp else line
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
