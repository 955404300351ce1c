"""The chart that comes with the package, so that no chart repository is needed."""

from __future__ import annotations

from pathlib import Path

from agentrig.errors import InfraError

__all__ = ["bundled_chart"]


def bundled_chart() -> Path:
    """Find the chart: inside the package when installed, else in the repository."""
    here = Path(__file__).resolve()
    candidates = (here.parent / "chart", here.parents[3] / "charts" / "agentrig")
    for candidate in candidates:
        if (candidate / "Chart.yaml").is_file():
            return candidate
    looked = " and ".join(f"'{candidate}'" for candidate in candidates)
    raise InfraError(f"the chart is not there: looked in {looked}")
