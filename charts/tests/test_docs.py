"""Each block of values in docs/cluster.md is one that the chart takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "cluster.md").read_text("utf-8")
VALUES = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", VALUES, ids=[text.splitlines()[0] for text in VALUES])
def test_values_are_rendered(
    text: str, tmp_path: Path, render: Callable[..., list[dict[str, Any]]]
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(text, encoding="utf-8")
    plain = render("agentrig")
    assert render("agentrig", "--values", values) != plain, "the values change nothing"
