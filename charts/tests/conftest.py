"""Render the charts with a real Helm."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def helm(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Helm with these arguments in charts/, away from the user's own settings and cluster."""
    tools = subprocess.run(
        [ROOT / "ci" / "tools", "helm"], capture_output=True, text=True, check=False
    )
    assert tools.returncode == 0, tools.stderr
    executable = tools.stdout.strip().removeprefix("helm=")
    home = tmp_path_factory.mktemp("helm")
    own = {f"HELM_{name}_HOME": str(home) for name in ("CACHE", "CONFIG", "DATA")}
    environment = {**os.environ, **own, "KUBECONFIG": os.devnull}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT / "charts",
            env=environment,
        )

    return run


@pytest.fixture(scope="session")
def render(
    helm: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[..., list[dict[str, Any]]]:
    """Render a chart: `render("agentrig", "--set", "mode=hook")` gives its objects.

    What many tests ask for is rendered once: a file of values counts by what is in it.
    """
    rendered: dict[tuple[str, ...], str] = {}

    def run(
        chart: str | Path, *arguments: str | Path, release: str = "rel", namespace: str = "qa"
    ) -> list[dict[str, Any]]:
        given = [item.read_text("utf-8") if isinstance(item, Path) else item for item in arguments]
        key = (str(chart), release, namespace, *given)
        if key not in rendered:
            answer = helm("template", release, chart, "--namespace", namespace, *arguments)
            assert answer.returncode == 0, answer.stderr
            rendered[key] = answer.stdout
        # 3 ms a manifest, where the loader in Python takes 31.
        documents = yaml.load_all(rendered[key], Loader=yaml.CSafeLoader)
        return [document for document in documents if document]

    return run


@pytest.fixture(scope="session")
def refusal(
    helm: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[..., str]:
    """Render a chart that must be refused; gives the message without where Helm says it."""

    def run(chart: str | Path, *arguments: str | Path) -> str:
        answer = helm("template", "rel", chart, *arguments)
        assert answer.returncode != 0, answer.stdout
        message = re.sub(r"execution error at \([^)]*\): ", "", answer.stderr)
        message = message.replace("\nUse --debug flag to render out invalid YAML\n", "")
        return message.strip() + "\n"

    return run


@pytest.fixture
def golden() -> Callable[[Path, str], None]:
    """Compare a text with a golden file; AGENTRIG_UPDATE_GOLDEN=1 rewrites the file instead."""

    def compare(path: Path, text: str) -> None:
        if os.environ.get("AGENTRIG_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name}: run the tests once with AGENTRIG_UPDATE_GOLDEN=1"
        assert text == path.read_text("utf-8")

    return compare
