from __future__ import annotations

import json
import os
import signal
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.kubernetes import Cluster, KubernetesSettings
from tests.support.clock import Clock
from tests.support.fixtures import agent, rig, until
from tests.support.kube_api import KubeApi, running_kube_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.agent_server import AgentServer

__all__ = ["agent", "rig", "until"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api() -> Iterator[KubeApi]:
    """Give a Kubernetes API without any objects."""
    with running_kube_api() as running:
        yield running


@pytest.fixture
def cluster(api: KubeApi) -> Iterator[Cluster]:
    """Give the cluster of `api`, in the namespace `demo`."""
    one = Cluster(KubernetesSettings(namespace="demo", server=api.url))
    yield one
    one.close()


@dataclass
class Kubectl:
    """What the stand-in is told, and how often it was started."""

    file: Path
    folder: Path
    upstream: int

    def play(self, **what: Any) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps({"upstream": self.upstream, **what}))
        draft.replace(self.file)

    @property
    def starts(self) -> list[dict[str, Any]]:
        file = self.file.with_suffix(".starts")
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def alive(self) -> list[int]:
        return [one["pid"] for one in self.starts if Path(f"/proc/{one['pid']}").exists()]

    def kill(self) -> None:
        for pid in self.alive:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def kubectl(
    tmp_path: Path, agent: AgentServer, monkeypatch: pytest.MonkeyPatch
) -> Kubectl:  # fmt: skip
    """Put a stand-in first on PATH; it forwards to `agent`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "kubectl"
    source = Path(__file__).with_name("kubectl.py")
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -S '{source}' \"$@\"\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    one = Kubectl(tmp_path / "play.json", folder, int(agent.url.rpartition(":")[2]))
    one.play()
    monkeypatch.setenv("PLAY_KUBECTL", str(one.file))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return one
