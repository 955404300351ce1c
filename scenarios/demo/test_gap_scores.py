"""The compliance gap of each agent: its score, its grade, and the shape of what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    AgentFixture = Callable[[str], Any]

pytestmark = pytest.mark.usefixtures("demo_cluster")

GRADES = {
    "gymcoach": ("A", 100),
    "trading-bot": ("D", 55),
    "voice-assistant": ("C", 60),
    "fitness-tracker": ("A", 100),
    "research-agent": ("F", 20),
}
POOR = [name for name, (grade, _) in GRADES.items() if grade in "DF"]


def grade_of(score: int) -> str:
    thresholds = {"A": 90, "B": 75, "C": 60, "D": 45}
    return next((grade for grade, least in thresholds.items() if score >= least), "F")


def gap_of(agent: AgentFixture, name: str) -> dict[str, Any]:
    response = agent(name).control.get("/gap")
    assert response.status_code == 200, response.text
    gap: dict[str, Any] = response.json()
    return gap


@pytest.mark.parametrize("name", GRADES)
def test_gap_grade(agent: AgentFixture, name: str) -> None:
    score = gap_of(agent, name)["score"]
    assert (grade_of(score), score) == GRADES[name]


@pytest.mark.parametrize("name", GRADES)
def test_score_follows_from_the_issues(agent: AgentFixture, name: str) -> None:
    gap = gap_of(agent, name)
    penalties = {"critical": 30, "high": 20, "medium": 10, "low": 5}
    assert gap["score"] == 100 - sum(penalties[issue["severity"]] for issue in gap["issues"])


@pytest.mark.parametrize("name", POOR)
def test_a_poor_grade_has_issues(agent: AgentFixture, name: str) -> None:
    assert gap_of(agent, name)["issues"]


@pytest.mark.parametrize("name", GRADES)
def test_gap_response_shape(agent: AgentFixture, name: str) -> None:
    gap = gap_of(agent, name)
    assert gap.keys() >= {"score", "issues", "observed"}
    assert 0 <= gap["score"] <= 100
    assert gap["observed"]["hasHealthEndpoint"] is True


@pytest.mark.parametrize("name", POOR)
def test_gap_issues_have_required_fields(agent: AgentFixture, name: str) -> None:
    for issue in gap_of(agent, name)["issues"]:
        assert all(issue[field] for field in ("severity", "property", "description")), issue
