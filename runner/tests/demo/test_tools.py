from __future__ import annotations

import time

import pytest

from agentrig.demo.tools import TOOLS


@pytest.mark.parametrize(
    ("tool", "message", "answer"),
    [
        ("plan-week", "Plan my running week", "Monday: easy run"),
        ("plan-week", "Plan my week", "Monday: upper body"),
        ("find-exercise", "Something for my legs", "goblet squat"),
        ("get-quote", "price of acme?", "ACME is at 101.50."),
        ("place-order", "please SELL 3 globex", "Paper order: sell 3 GLOBEX for 144.60."),
        ("set-timer", "set a timer for 5 minutes", "Timer set for 300 seconds."),
        ("set-timer", "a 90 second timer, please", "Timer set for 90 seconds."),
        ("spell-word", "Spell gym", "G-Y-M."),
        ("log-workout", "30 min of cycling", "Log line: cycling, 30 min, about 262 kcal."),
        ("heart-rate-zone", "my heart rate zone at 40", "126 to 144 beats"),
        ("search-notes", "How does an audit ring work?", "drops the oldest"),
        ("summarize", "Summarize this: One. Two. Three.", "In short: One."),
    ],
)
def test_a_tool_answers_what_it_is_asked(tool: str, message: str, answer: str) -> None:
    said = TOOLS[tool](message)
    assert said is not None
    assert answer in said
    assert TOOLS[tool](message) == said


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("message", ["", "test", "plane", "buy 0 ACME", "buy 5 NOTHING", "timer 5"])
def test_a_tool_leaves_what_is_not_for_it(tool: str, message: str) -> None:
    assert TOOLS[tool](message) is None


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "part", ["timer ", "summarize", "buy 1", "heart rate ", "9", "a@", "spell ", "\n"]
)
def test_no_message_of_8000_characters_takes_long(tool: str, part: str) -> None:
    started = time.perf_counter()
    TOOLS[tool]((part * 8000)[:8000])
    assert time.perf_counter() - started < 0.5
