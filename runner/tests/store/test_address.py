"""The address of a run in a store, as people copy it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import astuple

from agentrig.store import run_address

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s3://b/runs/x", ("s3://b", "x", None, None)),
        ("s3://b/p/q/runs/x/", ("s3://b/p/q", "x", None, None)),
        ("s3://b/runs/runs/x", ("s3://b/runs", "x", None, None)),
        ("s3://b/p/runs/nightly%20%237/shard=0", ("s3://b/p", "nightly #7", 0, None)),
        ("s3://b/p/runs/x/shard=12/attempt=3/", ("s3://b/p", "x", 12, 3)),
        ("kept/runs/x", ("kept", "x", None, None)),
        ("./kept//runs/x/", ("./kept", "x", None, None)),
        ("runs/x", (".", "x", None, None)),
    ],
)
def test_a_run_has_an_address(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    expected: tuple[str, str, int | None, int | None],
) -> None:
    for folder in ("kept/runs/x/shard=0", "runs/x"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    found = run_address(source)
    assert found
    assert astuple(found) == expected


@pytest.mark.parametrize(
    "source",
    [
        *("results", "-", "s3://b/p", "s3://b/runs/", "s3://b/runs/..", "s3://b/runs/%zz"),
        *("s3://b/runs/x/merged", "s3://b/myruns/x", "runs/x", "kept/runs/x/events.jsonl"),
        *("kept/runs/whole", "kept/runs/x/shard=1/attempt=1"),
    ],
)
def test_anything_else_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    for file in ("x/events.jsonl", "whole/events.jsonl", "x/shard=1/attempt=1/events.jsonl"):
        (tmp_path / "kept/runs" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "kept/runs" / file).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert run_address(source) is None
