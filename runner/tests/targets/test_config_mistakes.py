"""Mistakes in agentrig.yaml: where, what, what instead; nothing begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrig.cli import main
from tests.support.golden import check_golden

FOLDER = Path(__file__).parent / "malformed"
CASES = sorted(file.stem for file in FOLDER.glob("*.yaml"))


def call(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(args)
    return int(str(ended.value.code))


@pytest.mark.parametrize("case", CASES)
def test_the_configuration_is_checked_before_anything_else(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("agentrig.yaml").write_bytes((FOLDER / f"{case}.yaml").read_bytes())
    Path("good.yaml").write_text("name: x\nsteps: []\n")
    assert call("lint", "good.yaml") == 4
    said = capsys.readouterr()
    assert said.out == ""
    check_golden(FOLDER / f"{case}.err", said.err)
    assert call("run", "good.yaml") == 4
    assert capsys.readouterr().err == said.err
    assert not Path("results").exists()
    assert "hunter" not in said.err.partition("-->")[0]


def test_each_error_text_has_its_file() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.err")) == CASES
