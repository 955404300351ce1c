"""What the charts render from their defaults and from each environment's values."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

CHARTS = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "golden"
CASES = [
    (chart, values)
    for chart in ("agentrig", "demo-agents")
    for values in [
        None,
        *sorted((CHARTS / chart / "ci").glob("*-values.yaml")),
        *sorted((CHARTS / chart / "values").glob("*.yaml")),
    ]
]
IDS = [f"{chart}-{values.stem if values else 'defaults'}" for chart, values in CASES]


@pytest.mark.parametrize(("chart", "values"), CASES, ids=IDS)
def test_renders_as_reviewed(
    chart: str,
    values: Path | None,
    helm: Callable[..., subprocess.CompletedProcess[str]],
    golden: Callable[[Path, str], None],
) -> None:
    options = ["--values", values] if values else []
    answer = helm("template", "rel", chart, "--namespace", "qa", *options)
    assert answer.returncode == 0, answer.stderr
    golden(GOLDEN / chart / f"{values.stem if values else 'defaults'}.yaml", answer.stdout)


@pytest.mark.parametrize(("chart", "values"), CASES, ids=IDS)
def test_passes_helm_lint(
    chart: str, values: Path | None, helm: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    options = ["--values", values] if values else []
    answer = helm("lint", "--strict", "--quiet", chart, *options)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("agentrig/notes-job", []),
        ("agentrig/notes-cronjob", ["--set=mode=cronjob", "--set=cronjob.suspend=true"]),
        ("agentrig/notes-sharded", ["--set=mode=sharded", "--set=shards.count=4"]),
        ("agentrig/notes-cronjob-sharded", ["--set=mode=cronjob", "--set=shards.count=4"]),
        ("agentrig/notes-queued", ["--set=kueue.queueName=tests"]),
        ("agentrig/notes-hook", ["--set=mode=hook"]),
        ("agentrig/notes-kept", ["--set=results.store.url=s3://results/agents"]),
        (
            "agentrig/notes-cronjob-kept",
            ["--set=mode=cronjob", "--set=results.persistence.create=true"],
        ),
        ("agentrig/notes-hook-kept", ["--set=mode=hook", "--set=results.store.url=s3://results"]),
        ("demo-agents/notes", []),
    ],
)
def test_notes_read_as_reviewed(
    name: str,
    options: list[str],
    tmp_path: Path,
    render: Callable[..., list[dict[str, Any]]],
    golden: Callable[[Path, str], None],
) -> None:
    copy = shutil.copytree(CHARTS / Path(name).parent, tmp_path / "chart")
    show_notes(copy)
    (notes,) = [item["notes"] for item in render(copy, *options) if "notes" in item]
    golden(GOLDEN / f"{name}.txt", notes.strip() + "\n")


@pytest.mark.parametrize("mode", ["cronjob", "hook"])
def test_notes_are_right_below_another_chart(
    mode: str,
    tmp_path: Path,
    render: Callable[..., list[dict[str, Any]]],
    golden: Callable[[Path, str], None],
) -> None:
    parent = tmp_path / "agent"
    show_notes(shutil.copytree(CHARTS / "agentrig", parent / "charts" / "agentrig"))
    dependency = {"name": "agentrig", "alias": "nightly", "version": "0.1.0"}
    chart = {"apiVersion": "v2", "name": "agent", "version": "1.0.0", "dependencies": [dependency]}
    (parent / "Chart.yaml").write_text(yaml.safe_dump(chart), encoding="utf-8")
    (notes,) = [
        item["notes"] for item in render(parent, f"--set=nightly.mode={mode}") if "notes" in item
    ]
    golden(GOLDEN / "agentrig" / f"notes-below-{mode}.txt", notes.strip() + "\n")


def show_notes(chart: Path) -> None:
    """Make the notes of this copy of a chart an object.

    Only an install shows them, and Helm 3 installs nothing without a cluster, not even dry.
    """
    (chart / "templates" / "NOTES.txt").rename(chart / "notes.txt")
    wrapper = 'notes: {{ tpl (.Files.Get "notes.txt") . | toJson }}\n'
    (chart / "templates" / "notes.yaml").write_text(wrapper, encoding="utf-8")


def test_every_template_is_rendered_by_some_golden_file() -> None:
    rendered = "".join(path.read_text("utf-8") for path in GOLDEN.glob("*/*.yaml"))
    templates = [path.relative_to(CHARTS) for path in CHARTS.glob("*/templates/*.yaml")]
    assert templates
    assert [path for path in templates if f"# Source: {path}\n" not in rendered] == []
