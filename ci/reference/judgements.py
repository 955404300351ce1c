"""What each matcher says of some values; runner/tests/docs asks the matchers themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["JUDGEMENTS", "Judgement"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """An operand, values that hold for it, and values that do not."""

    operand: Any
    holds: tuple[Any, ...]
    fails: tuple[Any, ...]


JUDGEMENTS = {
    "equals": Judgement(1, (1, 1.0), (2, "1", True, None)),
    "not_equals": Judgement("failed", ("ready", None), ("failed",)),
    "one_of": Judgement([200, 201], (200, 201), (404, "200")),
    "unordered_equals": Judgement([1, 2, 2], ([2, 1, 2],), ([1, 2], [1, 2, 3])),
    "subset": Judgement(["a", "b"], (["a"], ["b", "b"], []), (["a", "c"],)),
    "superset": Judgement({"a": 1}, ({"a": 1, "b": 2},), ({"a": 2}, {"b": 2})),
    "contains": Judgement("day", ("Monday", ["day"], {"day": 1}), ("May", ["Monday"])),
    "not_contains": Judgement("sorry", ("here you are", []), ("so sorry", ["sorry"])),
    "matches": Judgement("(?i)^mon", ("Monday", "MON"), ("on Monday", "")),
    "starts_with": Judgement("Mon", ("Monday",), ("monday", "on Monday")),
    "ends_with": Judgement(".pdf", ("plan.pdf",), ("plan.pdf.txt",)),
    "gt": Judgement(4, (5, 4.1), (4, 3, "5")),
    "ge": Judgement(4, (4, 5), (3.9, "5")),
    "lt": Judgement(4, (3, 3.9), (4, 5)),
    "le": Judgement(4, (4, 3), (4.1, None)),
    "between": Judgement([1, 3], (1, 2.5, 3), (0, 3.1)),
    "close_to": Judgement({"value": 10, "tolerance": 1}, (9, 10.5, 11), (8.9, 12)),
    "type": Judgement("integer", (1, 1.0), (1.5, "1", True)),
    "length": Judgement({"ge": 2}, ("ab", [1, 2, 3]), ("a", [], {"a": 1})),
    "empty": Judgement(operand=True, holds=("", [], {}), fails=("a", [0])),
    "exists": Judgement(operand=True, holds=("", 0, False), fails=(None,)),
    "not_null": Judgement(operand=True, holds=("", 0, False), fails=(None,)),
    "schema": Judgement(
        {"type": "array", "items": {"type": "integer"}}, ([], [1, 2]), (["a"], {"a": 1})
    ),
    "not": Judgement({"contains": "sorry"}, ("here you are",), ("so sorry", 5)),
    "any": Judgement([{"equals": "A"}, {"gt": 5}], ("A", 6), ("B", 5)),
    "all": Judgement([{"ge": 0}, {"lt": 5}], (0, 4.9), (-1, 5)),
    "each": Judgement({"type": "string"}, (["a", "b"], []), (["a", 1],)),
}
"""By the matcher's name. What cannot be judged, such as text by `gt`, does not hold."""
