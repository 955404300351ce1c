"""Async tests work without a mark, and beside the plugins that others run theirs with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.rig import Ran, Rig

MODULE = """
    import asyncio
    import pytest

    log = []

    @pytest.fixture(scope="session")
    async def loop_of_session():
        yield asyncio.get_running_loop()

    @pytest.fixture
    async def number(loop_of_session):
        assert asyncio.get_running_loop() is loop_of_session
        await asyncio.sleep(0)
        yield 3
        log.append("down")

    async def test_fixture(number):
        await asyncio.sleep(0)
        assert number == 3

    async def test_fails(number):
        assert number == 4

    class TestMethods:
        async def test_method(self, number):
            assert log.count("down") == 2

    @pytest.mark.parametrize("n", [1, 2])
    async def test_parameters(n, number):
        assert n < number

    async def test_in_a_group(steps, run_scenario):
        async with asyncio.TaskGroup() as group:
            first = group.create_task(steps.http(path="/1", capture={"n": {"status": True}}))
            second = group.create_task(steps.http(path="/2"))
        assert (first.result().data["path"], second.result().data["path"]) == ("/1", "/2")
        assert steps.captures == {"n": 200}
        assert (await run_scenario("s.part")).steps[0].status == 200
        assert (await steps.for_agent("x").http(path="/3")).name == "GET /3"

    async def test_forgotten(steps, run_scenario):
        steps.http(path="/1")
        run_scenario("s.part")

    async def test_cancelled(steps):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await steps.http(path="/hold")
        assert (await steps.http(path="/ok")).status == 200

    def test_sync(steps):
        assert steps.http(path="/ok").status == 200
    """


@pytest.fixture
def module(rig: Rig) -> Rig:
    rig.write("s.part", "name: S\nsteps: [{path: /s}]\n")
    rig.write("test_m.py", MODULE)
    return rig


def outcomes(ran: Ran) -> dict[str, str]:
    return {name.partition("::")[2]: what for name, what in ran.outcomes().items()}


EXPECTED = {
    "test_fixture": "passed",
    "test_fails": "failed",
    "TestMethods::test_method": "passed",
    "test_parameters[1]": "passed",
    "test_parameters[2]": "passed",
    "test_in_a_group": "passed",
    "test_forgotten": "failed",
    "test_cancelled": "passed",
    "test_sync": "passed",
}


def test_async_tests_need_no_mark(module: Rig) -> None:
    ran = module.run(".", "--target", f"proxy={module.url}")
    assert (ran.code, outcomes(ran)) == (1, EXPECTED), ran.said
    messages = {one["name"]: one["message"] for one in ran.summary()["scenarios"]}
    assert messages["test_fails"] == "assert 3 == 4"
    assert messages["test_forgotten"].startswith("Failed: not executed, because not awaited: ")
    assert ran.err == ""


def test_under_bare_pytest_as_well(module: Rig) -> None:
    ran = module.pytest(".", "--disable-plugin-autoload", f"--agentrig-target=proxy={module.url}")
    assert (ran.code, outcomes(ran)) == (1, EXPECTED), ran.said


def test_anyio_that_is_there_already_is_used(rig: Rig) -> None:
    """Its backends hold, and whoever has marked tests keeps them."""
    rig.write(
        "test_m.py",
        """
        import pytest

        @pytest.fixture(scope="session")
        async def one():
            return 1

        @pytest.mark.anyio
        async def test_marked(one): assert one == 1

        async def test_plain(one): assert one == 1
        """,
    )
    rig.write(
        "conftest.py",
        "import pytest\n"
        "@pytest.fixture(scope='session', params=['asyncio'])\n"
        "def anyio_backend(request): return request.param\n",
    )
    for args in ((), ("-p", "anyio.pytest_plugin", "--disable-plugin-autoload")):
        ran = rig.pytest(".", *args)
        assert ran.code == 0, ran.said
        assert list(outcomes(ran)) == ["test_marked[asyncio]", "test_plain[asyncio]"]


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio_beside_it(rig: Rig, mode: str) -> None:
    rig.write(
        "test_m.py",
        """
        import asyncio, pytest, pytest_asyncio

        @pytest_asyncio.fixture
        async def one():
            return asyncio.get_running_loop()

        @pytest.mark.asyncio
        async def test_marked(one):
            assert one is asyncio.get_running_loop()

        async def test_plain(steps):
            assert (await steps.http(path="/ok")).status == 200
        """,
    )
    names = ["test_marked", "test_plain"]
    ran = rig.pytest(".", f"--asyncio-mode={mode}", f"--agentrig-target=proxy={rig.url}")
    assert ran.code == 0, ran.said
    assert [name.partition("[")[0] for name in outcomes(ran)] == names
    assert "warning" not in ran.out
    plugin = ("-p", "asyncio", f"--asyncio-mode={mode}")
    ran = rig.run(".", "--target", f"proxy={rig.url}", "--", *plugin)
    assert ran.code == 0, ran.said
    assert list(outcomes(ran)) == names


def test_whoever_shuts_anyio_out_is_told_by_pytest(rig: Rig) -> None:
    rig.write("test_m.py", "async def test_m(): pass\n")
    ran = rig.run(".", "--", "-p", "no:anyio")
    assert ran.code == 1, ran.said
    assert "async def functions are not natively supported" in ran.out
