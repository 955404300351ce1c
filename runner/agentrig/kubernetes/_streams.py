"""What goes on in a cluster as it goes on: collections that are watched, logs that are read."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from agentrig.kubernetes._errors import explained
from agentrig.kubernetes._rollouts import Rollouts
from agentrig.kubernetes._watch import watch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from agentrig.kubernetes._watch import Change

__all__ = ["Streams"]

# A test may be quiet for long; a connection that died is found out after this time.
_LOG_SILENCE_S = 60.0


class Streams(Rollouts):
    """The collections of a cluster, and the logs of its containers."""

    async def list_objects(
        self,
        kind: str,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        patience_s: float = 0.0,
    ) -> list[dict[str, Any]]:
        """List the objects of a kind, such as `pods`, that both selectors choose.

        An API that is away is waited for, `patience_s` long.
        """

        async def listed() -> list[dict[str, Any]]:
            found = await self._kinds.named(kind)
            path = found.path(namespace or self.settings.namespace)
            answer = await self._api.call("GET", path, params=_selecting(labels, fields))
            return answer["items"] or []

        deadline = self._clock() + patience_s
        return await self._patiently(listed, f"list {kind}", self._where(namespace), deadline)

    async def watch_objects(
        self,
        kind: str,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        on_listed: Callable[[], None] | None = None,
        on_break: Callable[[Exception], None] | None = None,
    ) -> AsyncGenerator[Change]:
        """Give the objects of a kind that both selectors choose, then each change, without end.

        `on_listed` is called when all that is there has been given. A connection that breaks is told to `on_break` and opened again; after two minutes
        without success ClusterError is raised, as it is at once where the API refuses.
        """
        with explained(f"watch {kind}", self._where(namespace)):
            found = await self._kinds.named(kind)
            changes = watch(
                self._api,
                found.path(namespace or self.settings.namespace),
                params=_selecting(labels, fields),
                on_listed=on_listed,
                on_break=on_break,
                sleep=self._sleep,
                clock=self._clock,
            )
            async with aclosing(changes):
                async for change in changes:
                    yield change

    async def read_log(
        self,
        pod: str,
        container: str,
        *,
        namespace: str | None = None,
        since: str | None = None,
        follow: bool = False,
    ) -> AsyncGenerator[bytes]:
        """Give the lines of a container that has started; each begins with its time stamp.

        `since` (RFC 3339) counts in whole seconds. Without `follow` the log ends with what is
        there now, with it when the container ends; a connection that breaks is ClusterError.
        """
        where = namespace or self.settings.namespace
        params = {"container": container, "timestamps": "true"}
        params |= {"sinceTime": since} if since else {}
        params |= {"follow": "true"} if follow else {}
        with explained(f"read the log of pod/{pod}", self._where(namespace)):
            path = f"{(await self._kinds.named('pod')).path(where, pod)}/log"
            async with self._api.lines(path, params=params, silence_s=_LOG_SILENCE_S) as lines:
                async for line in lines:
                    yield line


def _selecting(labels: str, fields: str) -> dict[str, str]:
    selectors = {"labelSelector": labels, "fieldSelector": fields}
    return {name: value for name, value in selectors.items() if value}
