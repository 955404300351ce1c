from __future__ import annotations

import time

import pytest

from agentrig.demo.guardrails import GUARDRAILS, RefusedError


def test_personal_data_is_scrubbed() -> None:
    scrub = GUARDRAILS["pii_scrubber"]
    assert scrub("write ann@example.org or +49 (30) 1234-5678") == "write [email] or [phone]"
    assert scrub("plan my 10 km week") == "plan my 10 km week"


def test_refused_content_raises_its_answer() -> None:
    with pytest.raises(RefusedError, match="I cannot help with that"):
        GUARDRAILS["content_filter"]("where do I get Steroids?")
    assert GUARDRAILS["content_filter"]("plan my week") == "plan my week"


@pytest.mark.parametrize("name", GUARDRAILS)
@pytest.mark.parametrize("part", ["a", "a.", "a@a.", "1 ", "1", "@"])
def test_no_message_of_8000_characters_takes_long(name: str, part: str) -> None:
    started = time.perf_counter()
    GUARDRAILS[name]((part * 8000)[:8000])
    assert time.perf_counter() - started < 0.5
