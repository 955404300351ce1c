"""What a run is held to: requests a second to a target, and goals for the run as a whole."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Struct
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from agentrig.scenario import StrictModel

__all__ = ["Rate", "RateText", "Slo"]

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d+(?:\.\d+)?)/([smh])")


class Rate(Struct, frozen=True, kw_only=True):
    """At most one request every `interval_s` seconds."""

    interval_s: float

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `20/s`, `100/m` or `5/h`. Raises ValueError."""
        found = _RATE.fullmatch(text)
        if found is None or not float(found[1]):
            raise ValueError(f"'{text}' is no rate: write 20/s, 100/m or 5/h")
        return cls(interval_s=_SECONDS[found[2]] / float(found[1]))


def _rate_text(text: str) -> str:
    try:
        Rate.parse(text)
    except ValueError as error:
        what, _, hint = str(error).partition(": ")
        context = {"what": what, "hint": hint}
        raise PydanticCustomError("rate", "{what}", context) from error
    return text


RateText = Annotated[str, AfterValidator(_rate_text)]


class Slo(StrictModel):
    """Goals for the run as a whole: a missed one fails it. Times are of single steps."""

    p50_ms: float | None = Field(default=None, gt=0, description="Half of the steps take less.")
    p90_ms: float | None = Field(default=None, gt=0, description="90 % of the steps take less.")
    p95_ms: float | None = Field(default=None, gt=0, description="95 % of the steps take less.")
    p99_ms: float | None = Field(default=None, gt=0, description="99 % of the steps take less.")
    max_ms: float | None = Field(default=None, gt=0, description="No step takes longer.")
    error_rate: float | None = Field(
        default=None, ge=0, le=1, description="The share of executions that may fail, 0 to 1."
    )

    def goals(self) -> dict[str, float]:
        """Give those that are set, by name."""
        return {name: value for name, value in self if value is not None}
