"""Scenario files from Python, where their inputs or their results need more than YAML can say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from agentrig.pytest_plugin.fixtures import RunScenario


def test_what_a_scenario_captured(run_scenario: RunScenario) -> None:
    # The path is relative to this file; `#` chooses one of several scenarios.
    ran = run_scenario("19-chat.yaml#A tool is called, and its result is talked about")
    assert ran.captures["call"]["arguments"] == {"city": "Paris"}
    assert [step.name for step in ran.steps] == [
        "The model wants to know the weather",
        "It is told, and answers",
    ]
    assert "Paris" in ran.steps[-1].text


@pytest.mark.parametrize(
    "question", ["How is the weather in Paris?", "Tell me the weather in Paris, please"]
)
def test_the_same_in_other_words(run_scenario: RunScenario, question: str) -> None:
    run_scenario(
        "19-chat.yaml#A tool is called, and its result is talked about", vars={"question": question}
    )
