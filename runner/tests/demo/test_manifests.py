from __future__ import annotations

import pytest

from agentrig.demo.guardrails import GUARDRAILS
from agentrig.demo.manifests import AGENTS, Issue, Manifest, Model, Severity, grade_of
from agentrig.demo.tools import TOOLS


def test_scores_and_grades_are_agentspecs() -> None:
    assert {name: (grade_of(m.score), m.score) for name, m in AGENTS.items()} == {
        "gymcoach": ("A", 100),
        "trading-bot": ("D", 55),
        "voice-assistant": ("C", 60),
        "fitness-tracker": ("A", 100),
        "research-agent": ("F", 20),
    }


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (100, "A"),
        (90, "A"),
        (89, "B"),
        (75, "B"),
        (74, "C"),
        (60, "C"),
        (59, "D"),
        (45, "D"),
        (44, "F"),
    ],
)
def test_a_grade_starts_at_its_threshold(score: int, grade: str) -> None:
    assert grade_of(score) == grade


def test_a_score_never_falls_below_zero() -> None:
    issue = Issue(severity=Severity.CRITICAL, property="p", description="d", recommendation="r")
    manifest = Manifest(
        name="n", description="d", model=Model(id="m"), tools=(), issues=(issue,) * 4
    )
    assert manifest.score == 0


def test_every_declared_tool_and_guardrail_is_there() -> None:
    declared = {tool.name for manifest in AGENTS.values() for tool in manifest.tools}
    assert declared == set(TOOLS)
    assert {name for manifest in AGENTS.values() for name in manifest.guardrails} == set(GUARDRAILS)
