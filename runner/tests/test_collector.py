"""Imports are not collected; all that comes after them is: a sidecar lives for weeks."""

from __future__ import annotations

import gc

import pytest

from agentrig._collector import importing
from agentrig.cli import main


def test_nothing_is_collected_while_importing() -> None:
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_leaves_collection_on() -> None:
    with pytest.raises(ModuleNotFoundError), importing():
        raise ModuleNotFoundError("nosuch")
    assert gc.isenabled()


@pytest.mark.parametrize("command", [["schema"], ["demo", "policy"]])
def test_a_command_runs_with_collection_on(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr("click.echo", lambda *_, **__: seen.append(gc.isenabled()))
    with pytest.raises(SystemExit):
        main(command)
    assert seen
    assert all(seen)
