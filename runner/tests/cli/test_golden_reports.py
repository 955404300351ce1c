"""What a person reads of a run, for each way in which it can end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.support.golden import check_golden

if TYPE_CHECKING:
    import pytest

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig


def check(request: pytest.FixtureRequest, ran: Ran, *, code: int) -> None:
    assert ran.code == code, ran.said
    name = request.node.name.removeprefix("test_")
    text = ran.out + (f"--- stderr\n{ran.err}" if ran.err else "")
    check_golden(request.path.parent / f"golden/run_{name}.txt", text)


def test_passed(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.scenario("chat")
    rig.scenario("health", name="chat")
    rig.write("test_module.py", "def test_one():\n    pass\n")
    check(request, rig.run(".", "--run-id", "golden"), code=0)


def test_failed(rig: Rig, request: pytest.FixtureRequest, agent: AgentServer) -> None:
    agent.bodies["/long"] = b'{"text": "' + b"abcde fghi" * 500 + b'"}'
    rig.write(
        "a.yaml",
        f"""\
        name: The agent answers
        steps:
          - name: It is up
            endpoint: {agent.url}
            path: /ok
            expect: {{status: 200}}
          - name: It knows the time
            endpoint: {agent.url}
            method: POST
            path: /time?token=secret
            headers: {{authorization: Bearer secret, x-request-id: "1"}}
            body: {{city: "Köln"}}
            expect:
              status: 200
              jq: .hour
              equals: 12
        """,
    )
    rig.scenario("b", "/long", status=404)
    rig.scenario("c", "/drop")
    check(request, rig.run(".", "--run-id", "golden"), code=1)


def test_infrastructure(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.url = "http://127.0.0.1:9"
    rig.scenario("a")
    rig.write("test_b.py", "def test_b(agent):\n    agent('nobody').client.get('/')\n")
    targets = ("--target", "proxy=http://127.0.0.1:9", "--target", "control=http://127.0.0.1:9")
    check(request, rig.run(".", *targets, "--run-id", "golden"), code=3)


def test_python_tests(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.write(
        "test_m.py",
        """\
        import pytest

        def test_passes():
            pass

        def test_fails():
            print("some words")
            answer = {"status": "down"}
            assert answer["status"] == "up", "the agent is down"

        @pytest.mark.skip(reason="needs a GPU")
        def test_skipped():
            pass

        @pytest.mark.xfail(reason="issue 7")
        def test_expected():
            assert False

        @pytest.fixture
        def broken():
            raise RuntimeError("no setup")

        def test_setup(broken):
            pass
        """,
    )
    check(request, rig.run(".", "--run-id", "golden"), code=1)


def test_mistakes(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.scenario("good")
    rig.write("a.yaml", "name: a\nstepz: []\n")
    rig.write("b.yaml", "name: b\nsteps:\n  - {path: ok, expcet: {status: 200}}\n")
    check(request, rig.run(".", "--run-id", "golden"), code=4)


def test_addresses(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.write("a.yaml", "name: a\nsteps: [{path: /}, {endpoint: control, path: /}]\n")
    check(request, rig.run(".", "--run-id", "golden"), code=4)


def test_nothing_selected(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.scenario("a")
    check(request, rig.run(".", "-k", "nosuch", "--run-id", "golden"), code=5)


def test_missing_path(rig: Rig, request: pytest.FixtureRequest) -> None:
    check(request, rig.run("nosuch", "--run-id", "golden"), code=4)


def test_interrupted(rig: Rig, request: pytest.FixtureRequest, agent: AgentServer) -> None:
    rig.scenario("a")
    rig.scenario("b", "/hold")
    rig.scenario("c")
    with rig.started(".", "-c", "1", "--run-id", "golden") as process:
        agent.wait_for(2)
        process.send_signal(signal.SIGTERM)
        ran = rig.ended(process)
    check(request, ran, code=2)


def test_killed(rig: Rig, request: pytest.FixtureRequest, agent: AgentServer) -> None:
    rig.scenario("a")
    rig.scenario("b", "/hold")
    rig.scenario("c")
    with rig.started(".", "-c", "1", "--run-id", "golden") as process:
        agent.wait_for(2)
        process.kill()
        rig.ended(process)
    check(request, rig.report("results", "--results", "again"), code=3)
