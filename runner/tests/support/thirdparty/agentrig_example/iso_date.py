"""The matcher `iso_date`: a text is a date, such as 2026-01-31."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from agentrig.checks import Matcher


def problem(actual: Any, _: Any) -> str | None:
    try:
        dt.date.fromisoformat(actual)
    except (TypeError, ValueError):
        return f"expected a date such as 2026-01-31, got {actual!r}"
    return None


ISO_DATE = Matcher(
    operand=Literal[True],
    problem=problem,
    about="The text is a date.",
    example="{jq: .created, iso_date: true}",
)
