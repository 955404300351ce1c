"""The example of an agent's chart that has agentrig as a dependency, under two names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Render = Callable[..., list[dict[str, Any]]]

CHARTS = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "golden" / "examples"


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory,
    helm: Callable[..., subprocess.CompletedProcess[str]],
) -> Path:
    """The example with its dependency built, in a copy of charts/."""
    charts = tmp_path_factory.mktemp("charts")
    for chart in ("agentrig", "examples"):
        ignore = shutil.ignore_patterns("*.tgz", "Chart.lock")
        shutil.copytree(CHARTS / chart, charts / chart, ignore=ignore)
    example = charts / "examples" / "my-agent"
    answer = helm("dependency", "build", example)
    assert answer.returncode == 0, answer.stderr
    return example


def test_example_renders_as_reviewed(
    built: Path,
    helm: Callable[..., subprocess.CompletedProcess[str]],
    golden: Callable[[Path, str], None],
) -> None:
    answer = helm("template", "rel", built, "--namespace", "qa", "--set=nightly.enabled=true")
    assert answer.returncode == 0, answer.stderr
    golden(GOLDEN / "my-agent.yaml", answer.stdout)


def test_scenarios_and_targets_are_the_parents(built: Path, render: Render) -> None:
    objects = render(built, release="coach")
    by_kind = {item["kind"]: item for item in objects}
    pod, suite, service = (by_kind[kind] for kind in ("Pod", "ConfigMap", "Service"))
    (runner,) = pod["spec"]["containers"]
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert volumes["scenarios"]["configMap"]["name"] == suite["metadata"]["name"]
    assert sorted(suite["data"]) == ["root.yaml", "test_name.py"]
    assert f"--target=proxy=http://{service['metadata']['name']}:8000" in runner["args"]


@pytest.mark.parametrize("release", ["rel", "agentrig-nightly", "n" * 50])
def test_names_of_two_aliases_stay_apart(release: str, built: Path, render: Render) -> None:
    objects = render(built, "--set=nightly.enabled=true", release=release)
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    assert len(set(names)) == len(names)
    assert [item["kind"] for item in objects].count("ServiceAccount") == 2
    labels = {
        item["metadata"]["labels"]["app.kubernetes.io/name"]
        for item in objects
        if item["kind"] in {"Pod", "CronJob"}
    }
    assert labels == {"agentrig", "nightly"}


def test_condition_leaves_the_chart_out(built: Path, render: Render) -> None:
    kinds = {item["kind"] for item in render(built, "--set=agentrig.enabled=false")}
    assert kinds == {"ConfigMap", "Deployment", "Service"}


def test_globals_reach_every_alias(built: Path, render: Render) -> None:
    options = [
        "--set=nightly.enabled=true",
        "--set=global.imageRegistry=reg.test",
        "--set=global.imagePullSecrets={company}",
        "--set=global.team=agents",
    ]
    by_kind = {item["kind"]: item for item in render(built, *options)}
    nightly = by_kind["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for pod in (by_kind["Pod"]["spec"], nightly):
        assert pod["containers"][0]["image"] == "reg.test/agentrig:0.1.0"
        assert pod["imagePullSecrets"] == [{"name": "company"}]
