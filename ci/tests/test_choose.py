from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kube.choose import choose
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path("/var/lib/rig")


def test_context_is_taken_if_one_is_named() -> None:
    assert choose(backend=None, context="mine", folder=FOLDER).name == "context"
    assert choose(backend="context", context="mine", folder=FOLDER).name == "context"


def test_kind_is_taken_where_an_engine_answers(stubs: Callable[..., Path]) -> None:
    calls = stubs(kind=0, docker=0, go=0)
    assert choose(backend=None, context=None, folder=FOLDER).name == "kind"
    assert calls.read_text() == "docker info\n"


@pytest.mark.parametrize("programs", [{"kind": 0, "docker": 1}, {"docker": 0}])
def test_kind_is_not_taken_without_an_engine_or_itself(
    stubs: Callable[..., Path], programs: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    stubs(go=0, **programs)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("sys.platform", "linux")
    assert choose(backend=None, context=None, folder=FOLDER).name == "engineless"


def test_machine_that_can_have_none_is_told_what_each_needs(
    stubs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, golden: Callable[[str, str], None]
) -> None:
    stubs()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ClusterError) as refusal:
        choose(backend=None, context=None, folder=FOLDER)
    golden("no_backend.err", refusal.value.render() + "\n")


@pytest.mark.parametrize(
    ("backend", "context", "message"),
    [
        ("context", None, "the back end 'context' needs --context NAME"),
        ("kind", "mine", "--context goes with the back end 'context', not 'kind'"),
    ],
)
def test_contradictions_are_refused(backend: str, context: str | None, message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        choose(backend=backend, context=context, folder=FOLDER)
