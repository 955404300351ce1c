"""Programs that do not end, or take all memory: none takes the run down, or outlives it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.scenario import QueryError, QueryWorkers, compile_query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ENDLESS = "last(repeat(1))"
# Of those that are to be ended; a loaded machine starts a process in a third of it.
SHORT_S = 1.0


def evaluate(program: str, data: Any = None, names: dict[str, Any] | None = None) -> Awaitable[Any]:
    return compile_query(program, None).evaluate(data, names or {})


def workers_of(parent: int) -> list[int]:
    """List the processes for jq that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except OSError:
            continue  # it has just ended
        if above == parent and "_jq_process" in command:
            found.append(int(folder.name))
    return found


def within_workers(
    test: Callable[[], Awaitable[None]], *, size: int = 2, limit_s: float = 30.0
) -> None:
    async def run() -> None:
        async with QueryWorkers(size=size, limit_s=limit_s):
            await test()

    asyncio.run(run())
    assert workers_of(os.getpid()) == []


def test_one_that_never_ends_is_ended_and_holds_nothing_up() -> None:
    async def test() -> None:
        await evaluate(".a * 2", {"a": 1})
        gaps, last = [0.0], time.perf_counter()
        query = asyncio.ensure_future(evaluate(ENDLESS))
        while not query.done():
            await asyncio.sleep(0.001)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()
        assert str(query.exception()) == "the query did not end within 1 s"
        assert max(gaps) < SHORT_S / 2
        assert await evaluate(".a * 2", {"a": 4}) == 8

    within_workers(test, limit_s=SHORT_S)


@pytest.mark.parametrize(
    "program",
    ['"x" as $x | $x * 2000000000 | length', ".[400000000] = 1", '"x" * 2e9 | length'],
)
def test_one_that_takes_all_memory_is_told_apart(program: str) -> None:
    async def test() -> None:
        with pytest.raises(QueryError) as caught:
            await evaluate(program)
        assert str(caught.value) == "the query took more than 512 MB of memory"
        assert await evaluate(".a * 2", {"a": 4}) == 8

    within_workers(test)


def test_one_that_yields_for_ever_yields_more_than_one_value() -> None:
    async def test() -> None:
        with pytest.raises(QueryError, match="more than one value: collect them with"):
            await evaluate("repeat(1)")

    within_workers(test)


def test_a_value_too_large_for_a_report_is_refused() -> None:
    async def test() -> None:
        with pytest.raises(QueryError, match="the query yields more than 64 MB"):
            await evaluate('"x" as $x | $x * 70000000')

    within_workers(test)


def test_a_cancelled_one_leaves_no_process() -> None:
    async def test() -> None:
        query = asyncio.ensure_future(evaluate(ENDLESS))
        await asyncio.sleep(0.05)
        assert len(workers_of(os.getpid())) == 1
        query.cancel()
        with pytest.raises(asyncio.CancelledError):
            await query
        # The next one finds a free place, and clears the ended process away.
        assert await evaluate(".a * 2", {"a": 4}) == 8
        assert len(workers_of(os.getpid())) == 1

    within_workers(test, size=1)


def test_processes_are_few_and_used_again() -> None:
    async def test() -> None:
        values = await asyncio.gather(*(evaluate(".a * 2", {"a": one}) for one in range(50)))
        assert values == [one * 2 for one in range(50)]
        assert len(workers_of(os.getpid())) == 2

    within_workers(test)


def test_waiting_for_a_process_takes_none_of_the_time() -> None:
    async def test() -> None:
        queries = [evaluate(ENDLESS), evaluate(ENDLESS), evaluate(".a * 2", {"a": 4})]
        *endless, last = await asyncio.gather(*queries, return_exceptions=True)
        assert [type(one) for one in endless] == [QueryError, QueryError]
        assert last == 8

    within_workers(test, size=1, limit_s=SHORT_S)


def test_a_process_that_somebody_ends_is_replaced() -> None:
    async def test() -> None:
        query = asyncio.ensure_future(evaluate(ENDLESS))
        await asyncio.sleep(0.05)
        (worker,) = workers_of(os.getpid())
        os.kill(worker, 9)
        with pytest.raises(QueryError, match="the process of the query ended with -9"):
            await query
        assert await evaluate(".a * 2", {"a": 4}) == 8

    within_workers(test)


def test_without_workers_each_has_a_process_of_its_own() -> None:
    assert asyncio.run(_collect()) == 6
    assert workers_of(os.getpid()) == []


async def _collect() -> Any:
    return await evaluate(".a * $b", {"a": 2}, {"b": 3})


def test_a_program_that_is_sure_to_end_starts_none() -> None:
    async def test() -> None:
        assert await evaluate("map(.a) | add", [{"a": 1}, {"a": 2}]) == 3
        assert workers_of(os.getpid()) == []

    within_workers(test)


def test_a_large_body_moves_a_program_out() -> None:
    async def test() -> None:
        assert await evaluate(".a - .b | length", {"a": [1, 2], "b": [1]}) == 1
        assert workers_of(os.getpid()) == []
        assert await evaluate(".a - .b | length", {"a": [1, 2], "b": [1] * 4000}) == 1
        assert len(workers_of(os.getpid())) == 1

    within_workers(test)


@pytest.mark.parametrize(
    ("program", "data"),
    [
        (".a * 2", {"a": "x"}),
        (".a * 2", {"a": "é\u0001\U0001f642"}),
        (".[0] * 1", [9007199254740993]),
        (".a * 1", {"a": {}}),
        ("null * 1 | nan", None),
        ("1 * infinite", None),
    ],
)
def test_values_and_errors_are_those_of_the_process_itself(program: str, data: Any) -> None:
    import jq  # noqa: PLC0415  # only this test needs libjq itself

    try:
        expected = jq.compile(program).input_value(data).first()
    except ValueError as error:
        expected = str(error)

    async def test() -> None:
        try:
            value = await evaluate(program, data)
        except QueryError as error:
            value = str(error)
        assert value == expected

    within_workers(test)


def test_one_that_never_ends_does_not_outlive_a_killed_run() -> None:
    script = (
        "import asyncio; from agentrig.scenario import *\n"
        "async def main():\n"
        "    async with QueryWorkers(limit_s=2):\n"
        "        asyncio.get_running_loop().call_later(0.1, lambda: print('x', flush=True))\n"
        f"        await compile_query('{ENDLESS}').evaluate(None)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        (worker,) = workers_of(run.pid)
        run.kill()
    until = time.monotonic() + 10
    while Path(f"/proc/{worker}/cmdline").exists() and _is_alive(worker):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_memory_is_watched_where_it_cannot_be_limited() -> None:
    script = (
        "import threading; from agentrig.scenario import _jq_process\n"
        "watch = threading.Thread(target=_jq_process.watch_memory, args=(50 << 20,), daemon=True)\n"
        "watch.start(); small = bytearray(b'x') * (10 << 20); watch.join(0.2); print(watch.is_alive())\n"
        "large = bytearray(b'x') * (100 << 20); watch.join()"
    )
    # Forked by a shell: a process begins with the most memory that the one before it had in use,
    # which is a lot for that of the tests.
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-u", "-c", script]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert (done.stdout, done.returncode) == (b"True\n", 128 + signal.SIGABRT)


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
