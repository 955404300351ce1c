"""Each block of values in the documents is one that the chart takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "docs" / "cluster.md", ROOT / "charts" / "agentrig" / "README.md")
VALUES = [
    (path.stem, text)
    for path in DOCUMENTS
    for text in re.findall(
        r"^```yaml\n(.*?)^```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
]
IDS = [f"{name}-{text.splitlines()[0]}" for name, text in VALUES]
COMMANDS = re.findall(r"^\$ (.*)$", DOCUMENTS[0].read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("text", [text for _, text in VALUES], ids=IDS)
def test_values_are_rendered(
    text: str, tmp_path: Path, render: Callable[..., list[dict[str, Any]]]
) -> None:
    values = tmp_path / "values.yaml"
    # What stands below the chart's name is a parent chart's.
    given = yaml.safe_load(text)
    values.write_text(yaml.safe_dump(given.get("agentrig", given)), encoding="utf-8")
    plain = render("agentrig")
    assert render("agentrig", "--values", values) != plain, "the values change nothing"


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("helm install ")])
def test_install_is_rendered(
    command: str, helm: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    words = shlex.split(command.replace("charts/", ""))
    answer = helm("template", *words[2:])
    assert answer.returncode == 0, answer.stderr


def test_the_image_of_a_suite_is_the_example_that_is_built() -> None:
    document = (ROOT / "docs" / "cluster.md").read_text("utf-8")
    (shown,) = re.findall(r"^```dockerfile\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    assert shown == (ROOT / "charts/examples/my-suite/Dockerfile").read_text("utf-8")
