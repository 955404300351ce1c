"""Requests and responses in the journal: of what did not pass, or of every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.events import StepFinished

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

MODULE = """
def test_an_answer(steps):
    steps.http(endpoint="{url}", path="/ok", expect={{"status": 200}})
"""


def statuses(ran: Ran) -> dict[tuple[str, int], int | None]:
    return {
        (one.scenario, one.step): one.exchange.status if one.exchange else None
        for one in ran.events(StepFinished)
    }


def test_only_those_of_steps_that_failed_are_kept(rig: Rig) -> None:
    rig.scenario("a", "/ok", "/status/503", status=200)
    ran = rig.run("a.yaml")
    assert statuses(ran) == {("a.yaml", 0): None, ("a.yaml", 1): 503}


def test_all_are_kept_on_request_also_of_python_modules(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/ok", "/status/503", status=200)
    (rig.folder / "test_b.py").write_text(MODULE.format(url=agent.url))
    ran = rig.run(".", "--exchanges", "all")
    assert statuses(ran) == {
        ("a.yaml", 0): 200,
        ("a.yaml", 1): 503,
        ("test_b.py::test_an_answer", 0): 200,
    }, ran.err
