"""Where jq programs run that may not end: in processes that the tasks of a run share."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

    from agentrig.scenario._jq_pool import Pool

__all__ = ["QueryWorkers", "query_apart"]

LIMIT_S = 5.0
WORKERS = 2

_current: ContextVar[QueryWorkers] = ContextVar("query_workers")


class QueryWorkers:
    """Up to `size` processes, shared by all tasks that begin within `async with`.

    Nothing is imported or started before a query needs it; `limit_s` is the time of one query.
    """

    def __init__(self, *, size: int = WORKERS, limit_s: float = LIMIT_S) -> None:
        self._size = size
        self._limit_s = limit_s
        self._pool: Pool | None = None
        self._token: Token[QueryWorkers] | None = None

    async def __aenter__(self) -> Self:
        """Serve the queries of this task, and of those that begin from now on."""
        self._token = _current.set(self)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every process."""
        if self._token:
            _current.reset(self._token)
        if self._pool:
            self._pool.close()

    async def query(self, program: str, data: str) -> Any:
        """Run a program on a JSON text. Raises QueryError, and InfraError without a process."""
        if self._pool is None:
            from agentrig.scenario._jq_pool import Pool  # noqa: PLC0415  # few runs need processes

            self._pool = Pool(size=self._size, limit_s=self._limit_s)
        return await self._pool.query(program, data)


async def query_apart(program: str, data: str) -> Any:
    """Run a program in a process of the surrounding QueryWorkers, else in one of its own.

    Raises QueryError, and InfraError when no process can be started.
    """
    workers = _current.get(None)
    if workers is not None:
        return await workers.query(program, data)
    async with QueryWorkers(size=1) as alone:
        return await alone.query(program, data)
