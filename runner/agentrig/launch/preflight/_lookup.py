"""Objects of the cluster that a preflight asks for, each of them once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from agentrig.errors import ClusterError
from agentrig.scenario import closest

if TYPE_CHECKING:
    from agentrig.kubernetes import Access, AsyncCluster, Kind

__all__ = ["Lookup"]

# Requests at once: a connection each, and so a TLS handshake.
_AT_ONCE = 8
_MISSING = 404


class Lookup:
    """Asks the API for objects, side by side but not all at once."""

    def __init__(self, cluster: AsyncCluster) -> None:
        """Ask nothing yet."""
        self.cluster = cluster
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._asked: dict[tuple[str, ...], asyncio.Future[Any]] = {}

    async def get(self, kind: str, name: str, namespace: str | None) -> dict[str, Any] | None:
        """Give an object, None where there is none. Raises ClusterError where it is refused."""
        found: dict[str, Any] | None = await self._once(
            ("get", kind, name, namespace or ""), self._get(kind, name, namespace)
        )
        return found

    async def list(self, kind: str, namespace: str, *, labels: str = "") -> list[dict[str, Any]]:
        """List objects. Raises ClusterError where that is refused."""
        found: list[dict[str, Any]] = await self._once(
            ("list", kind, namespace, labels),
            self.cluster.list_objects(kind, namespace=namespace, labels=labels),
        )
        return found

    async def suggestion(self, kind: str, name: str, namespace: str) -> str:
        """Give `: did you mean 'x'?` where there is something of a similar name, else nothing."""
        try:
            names = [one["metadata"]["name"] for one in await self.list(kind, namespace)]
        except ClusterError:
            return ""
        similar = closest(name, names)
        return f": {similar}" if similar else ""

    async def kind_of(self, manifest: dict[str, Any]) -> Kind | None:
        """Find the kind of a manifest; None where the API serves none such."""
        found: Kind | None = await self._once(
            ("kind", manifest["apiVersion"], manifest["kind"]), self.cluster.kind_of(manifest)
        )
        return found

    async def is_allowed(self, access: Access) -> bool:
        """Ask whether this account may do something."""
        async with self._turns:
            return await self.cluster.is_allowed(access)

    async def try_create(self, manifest: dict[str, Any], *, namespace: str) -> None:
        """Let the API create an object without keeping it."""
        async with self._turns:
            await self.cluster.try_create(manifest, namespace=namespace)

    async def _get(self, kind: str, name: str, namespace: str | None) -> dict[str, Any] | None:
        try:
            # Of a kind that nobody defined there is no object either.
            ref = await self.cluster.find(f"{kind}/{name}", namespace=namespace)
            return await self.cluster.get(ref)
        except ClusterError as error:
            if error.status == _MISSING:
                return None
            raise

    async def _once(self, key: tuple[str, ...], asking: Any) -> Any:
        if key in self._asked:
            asking.close()
        else:
            self._asked[key] = asyncio.ensure_future(self._in_turn(asking))
        return await self._asked[key]

    async def _in_turn(self, asking: Any) -> Any:
        async with self._turns:
            return await asking
