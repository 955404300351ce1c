"""The fixture `record_metric`: numbers that a test measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agentrig.events import MetricRecorded

if TYPE_CHECKING:
    from agentrig.stream import EventStream

__all__ = ["RecordMetric"]


class RecordMetric:
    """Records a number of a test: `record_metric("score", 0.93)`. Safe for threads."""

    def __init__(self, stream: EventStream, test: str) -> None:
        """Record for `test`."""
        self._stream = stream
        self._test = test

    def __call__(self, name: str, value: float, unit: str | None = None) -> None:
        """Record `value` under `name`; each call adds one, also under the same name.

        Raises TypeError or ValueError for what no report could show: a name that is no text or
        empty, a value that is no finite number.
        """
        if not isinstance(name, str) or not isinstance(unit, str | None):
            raise TypeError("record_metric(name, value, unit=None): name and unit are text")
        if not name.strip():
            raise ValueError("record_metric: the name is empty")
        if isinstance(value, bool) or not hasattr(value, "__float__"):
            what = type(value).__name__
            raise TypeError(f"record_metric: '{name}' is no number, but {what}")
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"record_metric: '{name}' is {number}, which no report can show")
        self._stream.publish(
            MetricRecorded(scenario=self._test, name=name, value=number, unit=unit)
        )
