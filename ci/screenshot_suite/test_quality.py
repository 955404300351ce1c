"""Answers that are scored, and one that is only right at the second time."""

from __future__ import annotations

import hashlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.quality, pytest.mark.concurrent]

TOPICS = [
    *("orders", "prices", "portfolio", "fees", "dividends", "tax", "limits", "transfers"),
    *("onboarding", "passwords", "complaints", "opening hours", "risk", "history"),
]


def score(topic: str, what: str) -> float:
    digest = hashlib.sha256(f"{topic} {what}".encode()).digest()
    return round(0.78 + digest[0] / 255 * 0.22, 3)


@pytest.mark.parametrize("topic", TOPICS)
def test_an_answer_is_faithful(topic: str, record_metric: Callable[..., None]) -> None:
    time.sleep(score(topic, "time") * 0.4)
    record_metric("faithfulness", score(topic, "faithfulness"))
    record_metric("relevancy", score(topic, "relevancy"))
    assert score(topic, "faithfulness") >= 0.8, f"{topic}: the answer is not in the documents"


def test_the_summary_names_its_sources() -> None:
    tried = Path(tempfile.gettempdir()) / "agentrig-screenshots-tried"
    if tried.exists():
        tried.unlink()
        return
    tried.touch()
    raise AssertionError("the summary names no source")
