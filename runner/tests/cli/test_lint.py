"""`agentrig lint` looks where `agentrig run` does, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.cli import main

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "name: The root answers\nagent: gymcoach\nsteps:\n  - path: /\n"
BAD = "name: The root answers\nstops: []\n"


def lint(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["lint", str(folder)])
    return int(ended.value.code or 0), capsys.readouterr().out


@pytest.mark.parametrize("folder", [".git", "build", "node_modules", "deep/venv/lib"])
def test_a_folder_that_run_does_not_search_is_left_out(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "bad.yaml").write_text(BAD)
    (tmp_path / "good.yaml").write_text(GOOD)
    assert lint(tmp_path, capsys) == (0, "1 scenario, no mistakes\n")


def test_mistakes_of_all_files_below_a_folder_come_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "bad.yaml").write_text(BAD)
    (tmp_path / "bad.yml").write_text(BAD)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "agentrig.yaml").write_text("namespace: demo\n")
    code, out = lint(tmp_path, capsys)
    assert code == 4
    assert out.count("unknown key 'stops' in a scenario") == 2
    assert out.endswith("4 mistakes in 2 files\n")


def test_a_folder_without_scenarios_is_nothing_selected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(tmp_path, capsys)[0] == 5
