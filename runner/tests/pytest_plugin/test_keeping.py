"""A store that is away when a run begins: what that costs depends on what it may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.errors import StoreError
from agentrig.pytest_plugin import RunOptions, StoreOptions
from agentrig.pytest_plugin._keeping import open_keeping
from agentrig.targets import target_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the address of a store that nobody answers for."""
    settings = {
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    # A run waits for it, for longer than a test has.
    monkeypatch.setattr("agentrig.pytest_plugin._keeping.WAIT_S", 0.0)
    return "s3://results/qa"


def options(url: str, results: Path, *, resume: bool) -> RunOptions:
    return RunOptions(
        targets=target_settings(),
        store=StoreOptions(url=url),
        results=results,
        run_id="x",
        resume=resume,
    )


def test_a_run_that_may_have_earlier_attempts_does_not_begin(away: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as raised:
        open_keeping(options(away, tmp_path, resume=True), shard=0)
    assert str(raised.value).endswith(
        "; it may hold earlier attempts at run 'x', which this one would go on from: "
        "--no-resume runs all without them"
    )


def test_a_run_that_has_none_begins(away: str, tmp_path: Path) -> None:
    keeping = open_keeping(options(away, tmp_path, resume=False), shard=0)
    assert keeping is not None
    assert keeping.attempt == 0
