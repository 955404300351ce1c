from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from kube.cache import exclusive
from kube.commands import run, succeeds
from kube.errors import ClusterError, tail
from kube.packages import install_missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAIL = [sys.executable, "-c", "print('why'); raise SystemExit(3)"]


def test_output_is_returned() -> None:
    assert run([sys.executable, "-c", "print('yes')"], timeout_s=30) == "yes\n"


def test_failure_tells_the_exit_code_and_the_last_words() -> None:
    with pytest.raises(ClusterError, match="ended with exit code 3") as failure:
        run(FAIL, timeout_s=30)
    assert failure.value.hint == "why"
    assert not succeeds(FAIL, timeout_s=30)


def test_failure_with_a_log_shows_its_end(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    with pytest.raises(ClusterError) as failure:
        run(FAIL, timeout_s=30, log=log)
    assert failure.value.render().splitlines()[-2:] == [f"  log: {log}", "  | why"]


def test_program_that_hangs_is_ended_and_named() -> None:
    with pytest.raises(ClusterError, match=r"did not end within 0 s"):
        run([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.1)


def test_program_that_is_missing_is_named() -> None:
    with pytest.raises(ClusterError, match="'no-such-program' is not on PATH"):
        run(["no-such-program"], timeout_s=30)


def test_tail_of_a_missing_log_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log") == []


def test_lock_keeps_others_out_until_it_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with (
        exclusive("rig", timeout_s=1),
        pytest.raises(ClusterError, match=r"another process has held .*rig\.lock"),
        exclusive("rig", timeout_s=0.1),
    ):
        pytest.fail("two hold one lock")
    with exclusive("rig", timeout_s=1), exclusive("other", timeout_s=1):
        pass


def test_what_is_there_is_not_installed(stubs: Callable[..., Path]) -> None:
    calls = stubs(runc=0, **{"apt-get": 0})
    assert install_missing({"runc": "runc"}) == []
    assert not calls.exists()


def test_missing_programs_are_named_where_they_cannot_be_installed(
    stubs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stubs(**{"apt-get": 0})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ClusterError, match="missing programs: buildah, runc") as refusal:
        install_missing({"buildah": "buildah", "runc": "runc"})
    assert refusal.value.hint == "Debian has them in: buildah runc (install as root)"


def test_package_lists_are_refreshed_only_if_those_at_hand_will_not_do(
    stubs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = stubs(**{"apt-get": 100})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ClusterError, match="exit code 100"):
        install_missing({"runc": "runc"})
    assert [line.split()[5] for line in calls.read_text().splitlines()] == ["install", "update"]
