"""Every kind of malformed scenario: what lint says, and that a run of it begins nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentrig.cli import main
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig

FOLDER = Path(__file__).parent / "malformed"

# What no editor would keep as it is, and what would fill the screen of who opens it.
MADE = {
    "not_utf8": "name: Zürich\nagent: gymcoach\nsteps: []\n".encode("latin-1"),
    "not_utf8_but_utf16": "name: Zürich\nsteps: []\n".encode("utf-16"),
    "nesting_that_ends_processes": b"name: x\nsteps: " + b"[" * 100_000,
    "nesting_of_blocks_that_ends_processes": b"name: x\nsteps:\n  " + b"- " * 100_000,
}
CASES = sorted({file.stem for file in FOLDER.glob("*.yaml")} | set(MADE))


def content(case: str) -> bytes:
    return MADE[case] if case in MADE else (FOLDER / f"{case}.yaml").read_bytes()


def lint(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["lint", *args])
    return int(str(ended.value.code))


@pytest.mark.parametrize("case", CASES)
def test_lint_says_where_what_and_what_instead(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{case}.yaml").write_bytes(content(case))
    code = lint(f"{case}.yaml")
    said = capsys.readouterr()
    check_golden(FOLDER / f"{case}.err", said.out)
    assert said.err == ""
    assert code == 4
    assert list(tmp_path.iterdir()) == [tmp_path / f"{case}.yaml"], "it was more than read"


def test_no_error_text_is_left_without_its_scenario() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.err")) == CASES


def test_no_error_text_speaks_of_python_or_pydantic() -> None:
    for file in FOLDER.glob("*.err"):
        text = file.read_text(encoding="utf-8")
        assert not {"Traceback", "pydantic", "NoneType", "Input should"} & set(text.split()), file
        assert "\x1b" not in text, file


def test_run_refuses_them_all_before_a_request_is_sent(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("good", "/ok")
    (rig.folder / "malformed").mkdir()
    for case in CASES:
        (rig.folder / "malformed" / f"{case}.yaml").write_bytes(content(case))
    ran = rig.run("good.yaml", "malformed")
    assert ran.code == 4, ran.said
    assert agent.paths == []
    assert ran.summary()["scenarios"] == []
    for case in CASES:
        assert f"--> malformed/{case}.yaml:" in ran.out, case


@pytest.mark.parametrize("case", ["unclosed_quote"])
def test_one_malformed_file_keeps_the_good_ones_from_running(
    case: str, rig: Rig, agent: AgentServer
) -> None:
    rig.scenario("good", "/ok")
    assert rig.run("good.yaml").code == 0
    assert agent.paths == ["/ok"]
    agent.forget()
    (rig.folder / f"{case}.yaml").write_bytes(content(case))
    ran = rig.run("good.yaml", f"{case}.yaml")
    assert ran.code == 4, ran.said
    assert agent.paths == []
    golden = (FOLDER / f"{case}.err").read_text(encoding="utf-8")
    excerpt = golden.rpartition("\n\n")[0].splitlines()
    assert [line.strip() for line in excerpt] == [
        line.strip() for line in ran.out.splitlines() if line.strip() in map(str.strip, excerpt)
    ]
