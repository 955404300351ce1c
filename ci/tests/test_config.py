from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kube.engineless.components import specs
from kube.engineless.config import (
    cni_config,
    containerd_config,
    coredns_config,
    kubeconfig,
    kubelet_config,
)
from kube.engineless.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable

LAYOUT = Layout(Path("/rig"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("10-bridge.conflist", cni_config(LAYOUT)),
        ("containerd.toml", containerd_config(LAYOUT, Path("/plugins"))),
        ("Corefile", coredns_config(LAYOUT)),
        ("kubelet.yaml", kubelet_config(LAYOUT)),
    ],
)
def test_configuration_is_as_reviewed(
    golden: Callable[[str, str], None], name: str, text: str
) -> None:
    golden(name, text)


def test_command_lines_are_as_reviewed(golden: Callable[[str, str], None]) -> None:
    started = specs(LAYOUT, Path("/programs")).values()
    lines = ["\n  ".join([spec.name, f"({spec.health})", *spec.argv]) for spec in started]
    golden("components.txt", "\n".join([*lines, ""]))


def test_all_that_is_named_lies_in_the_folder_of_the_cluster() -> None:
    argv = [word for spec in specs(LAYOUT, Path("/programs")).values() for word in spec.argv]
    paths = [value for word in argv if (value := word.partition("=")[2]).startswith("/")]
    assert len(paths) > 15
    assert [path for path in paths if not path.startswith("/rig/live/")] == []


def test_kubeconfig_holds_its_certificates(tmp_path: Path) -> None:
    for name in ("ca.crt", "admin.crt", "admin.key"):
        (tmp_path / name).write_text(name)
    config = json.loads(kubeconfig(tmp_path, "admin"))
    assert config["current-context"] == config["contexts"][0]["name"]
    assert config["users"][0]["user"]["client-key-data"] == "YWRtaW4ua2V5"
    assert str(tmp_path) not in json.dumps(config)
