"""Checks within real runs: none that is wrong or endless takes the others down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.events import StepFinished

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig

ENDLESS = {
    "query": "checks: [{jq: last(repeat(1)), equals: 1}]",
    "flat": "jq: last(repeat(1))",
    "template": 'checks: [{jq: .text, equals: "${x | last(repeat(.))}"}]',
}
DEADLY = {
    "memory": (
        "checks: [{jq: '[.text] | .[400000000] = 1', equals: 1}]",
        "more than 512 MB of memory",
    ),
    "pattern": ("checks: [{jq: .text, matches: '(a|aa)+$'}]", "found no end within 1 s"),
    "deep": ("checks: [{jq: .deep, equals: {a: 1}}]", 'expected {"a": 1}, got [[['),
}


def scenario(rig: Rig, agent: AgentServer, name: str, expect: str, more: str = "") -> None:
    deep = "[" * 900 + "]" * 900
    agent.bodies["/text"] = f'{{"text": "{"a" * 60}b", "deep": {deep}}}'.encode()
    rig.write(
        f"{name}.yaml",
        f"""\
        name: {name}
        vars: {{x: 1}}
        steps:
          - name: Ask
            endpoint: {agent.url}
            path: /text
            {more}
            expect:
              {expect}
        """,
    )


@pytest.mark.parametrize("name", ENDLESS)
def test_a_query_that_never_ends_ends_with_its_step(
    rig: Rig, agent: AgentServer, name: str
) -> None:
    scenario(rig, agent, "endless", ENDLESS[name], "timeout: 1s")
    rig.scenario("other")
    ran = rig.run("endless.yaml", "other.yaml")
    assert ran.code == 1, ran.said
    assert ran.outcomes() == {"endless": "failed", "other": "passed"}
    (finished,) = [one for one in ran.events(StepFinished) if one.message]
    assert finished.message == "[Ask] no end within 1 s"
    assert finished.elapsed_ms < 5_000


def test_what_would_take_a_run_down_is_a_failed_check(rig: Rig, agent: AgentServer) -> None:
    for name, (expect, _) in DEADLY.items():
        scenario(rig, agent, name, expect)
    rig.scenario("other")
    ran = rig.run("other.yaml", *(f"{name}.yaml" for name in DEADLY))
    assert ran.code == 1, ran.said
    assert ran.outcomes() == {"other": "passed", **dict.fromkeys(DEADLY, "failed")}
    said = {one.scenario: one.message for one in ran.events(StepFinished) if one.message}
    for name, (_, says) in DEADLY.items():
        assert says in said[f"{name}.yaml"]


def test_the_flat_query_reads_variables_as_checks_do(rig: Rig, agent: AgentServer) -> None:
    scenario(rig, agent, "names", "{jq: '$x + 1', equals: 2}")
    assert rig.run("names.yaml").code == 0
    scenario(rig, agent, "unknown", "{jq: '$xx + 1', equals: 2}")
    linted = rig.agentrig("lint", "unknown.yaml")
    assert linted.code == 4
    assert "did you mean '$x'?" in linted.out
