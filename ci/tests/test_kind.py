"""No engine can be had in these tests: they hold what `kind` is called with, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kube.kind import KindBackend
from kube.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def test_kind_is_called_by_its_books(
    stubs: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls = stubs(kind=0)
    # The stub's answer to `get clusters` is empty: there is no cluster yet.
    backend = KindBackend()
    archive = tmp_path / "image.tar"
    archive.touch()
    backend.up(Steps())
    backend.load("agentrig:dev", Steps())
    backend.load(str(archive), Steps())
    backend.down(Steps())
    assert calls.read_text().splitlines() == [
        "kind get clusters",
        "kind create cluster --name agentrig --wait 180s",
        "kind load docker-image agentrig:dev --name agentrig",
        f"kind load image-archive {archive} --name agentrig",
        "kind delete cluster --name agentrig",
    ]
    assert backend.status().problem == "the cluster is down"
