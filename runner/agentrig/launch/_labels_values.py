"""What a run is to be found by, handed to the chart as its values `results`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from agentrig.launch._chart import bundled_chart

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["takes_commit", "write_labels_values"]

# Of the values, the chart executes texts as templates, and these are what somebody typed.
_BRACES = "{{", '{{ "{{" }}'
# The commit of the scenarios' own repository says more of a run than that of whoever starts it.
_UNLESS_GIT = "{{ if not .Values.scenarios.git.url }}%s{{ end }}"


def takes_commit(chart: str) -> bool:
    """Say whether a chart has the value `results.commit`: ours has, and a folder can be looked at."""
    if chart == str(bundled_chart()):
        return True
    try:
        values = yaml.safe_load(Path(chart, "values.yaml").read_text(encoding="utf-8"))
        return "commit" in values["results"]
    except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError):
        return False


def write_labels_values(
    file: Path, *, commit: str | None, labels: Mapping[str, str], is_default: bool = False
) -> Path:
    """Write a file of values with the commit under test and the labels.

    With `is_default` the commit is one that nobody gave: that of `scenarios.git` goes before it.
    """
    results: dict[str, object] = {}
    if labels:
        results["labels"] = {name: _plain(text) for name, text in labels.items()}
    if commit:
        results["commit"] = _UNLESS_GIT % _plain(commit) if is_default else _plain(commit)
    file.write_text(json.dumps({"results": results}), encoding="utf-8")
    return file


def _plain(text: str) -> str:
    return text.replace(*_BRACES)
