"""The chart that comes with the package."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from tests.support.rig import Rig


def test_helm_renders_the_chart_that_the_command_prints(rig: Rig, with_helm: None) -> None:
    del with_helm
    printed = rig.here("chart")
    assert (printed.code, printed.err) == (0, ""), printed.said
    chart = Path(printed.out.strip())
    assert yaml.safe_load((chart / "Chart.yaml").read_text())["name"] == "agentrig"
    rendered = subprocess.run(
        ["helm", "template", "nightly", chart, "--set", "mode=cronjob"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "kind: CronJob" in rendered.stdout
