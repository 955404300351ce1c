from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from bench import cli, install
from bench.errors import BenchError, UnavailableError
from bench.layers import layer
from bench.measure import Cost, Run, interleave, per_step, run_once
from bench.part import Field
from bench.parts import PARTS
from bench.parts.profile import read_samples
from bench.report import Goal, goal_table, ratio, run_table
from bench.server import serving
from bench.tools import TOOLS
from bench.workload import Contender, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench.server import Server

# What a development environment has anyway; the others are installed by `make bench`.
HERE = ["agentrig", "pytest", "pyreqwest", "http.client", "httpx", "asyncio-httpx"]

needs_go = pytest.mark.skipif(not shutil.which("go"), reason="go is not on PATH")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def script(text: str, folder: Path, *, chats: int = 0) -> Contender:
    command = (sys.executable, "-c", text)
    return Contender(name="script", command=command, folder=folder, chats=chats)


def costs(*elapsed: float) -> list[Cost]:
    return [Cost(elapsed_s=one, cpu_s=one / 2) for one in elapsed]


def run(elapsed_s: float, *, peak_mib: float | None = 30) -> Run:
    return Run(elapsed_s=elapsed_s, cpu_s=elapsed_s / 2, peak_mib=peak_mib)


def test_step_takes_what_more_steps_take_longer() -> None:
    few, many = [run(1.0), run(2.0)], [run(3.0), run(3.0)]
    assert per_step(few, 20, many, 1020) == costs(0.002, 0.001)


def test_ratio_is_the_median_of_the_rounds_and_not_of_all_runs() -> None:
    goal = ratio("a / b", costs(1, 2, 30), costs(2, 2, 10), at_most=1)
    assert goal.measured == 1
    assert goal.verdict == "met"
    assert ratio("a / b", costs(1, 2, 30), costs(2, 2, 10), worst=True).measured == 3


@pytest.mark.parametrize(
    ("goal", "row"),
    [
        (Goal(title="a", measured=0.0504, at_most=0.05), ["0.0504", "at most 0.05", "MISSED"]),
        (Goal(title="a", measured=0.05, at_most=0.05), ["0.05", "at most 0.05", "met"]),
        (Goal(title="a", measured=2, at_least=3), ["2", "at least 3", "MISSED"]),
        (Goal(title="a", measured=None, at_most=1), ["-", "at most 1", "not measured"]),
        (Goal(title="a", measured=537.2, unit=" MiB"), ["537 MiB", "", ""]),
    ],
)
def test_goal_shows_its_figure_and_verdict(goal: Goal, row: list[str]) -> None:
    cells = [cell.strip() for cell in goal_table([goal]).splitlines()[-1].split("|")]
    assert cells[1:5] == ["a", *row]


def test_peak_that_cannot_be_seen_is_not_shown() -> None:
    line = run_table([("small", [run(1, peak_mib=None)])]).splitlines()[-1]
    assert line.split("|")[-2].strip() == "-"


@needs_go
@pytest.mark.parametrize("key", HERE)
def test_tool_does_all_of_the_work(key: str, server: Server, tmp_path: Path) -> None:
    tool = TOOLS[key]
    assert tool.install()
    contender = tool.prepare(Workload(files=2, steps=3), tmp_path / "work", server.url)
    measured = run_once(contender, server)
    assert measured.elapsed_s > 0


@needs_go
def test_delay_is_the_servers(server: Server, tmp_path: Path) -> None:
    slow = Workload(files=1, steps=2, delay_ms=150)
    contender = TOOLS["http.client"].prepare(slow, tmp_path / "work", server.url)
    assert run_once(contender, server).elapsed_s > 0.3


@needs_go
@pytest.mark.parametrize("key", HERE)
@pytest.mark.parametrize("expected", ["200", "plan 1", "small", "search"])
def test_each_of_the_four_checks_can_fail(
    key: str, expected: str, server: Server, tmp_path: Path
) -> None:
    tool = TOOLS[key]
    contender = tool.prepare(Workload(files=1, steps=2), tmp_path / "work", server.url)
    for file in contender.folder.iterdir():
        text = file.read_text("utf-8")
        sent, _, checks = text.rpartition("expect:") if key == "agentrig" else ("", "", text)
        checks = checks.replace("== message", "== None").replace(expected, "201")
        file.write_text(f"{sent}expect:{checks}" if sent else checks)
    with pytest.raises(BenchError, match="did not do its work: exit code 1"):
        run_once(contender, server)


@needs_go
def test_work_that_did_not_reach_the_server_is_no_result(server: Server, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="exit code 0, 0 of 7 chats"):
        run_once(script("", tmp_path, chats=7), server)


@needs_go
def test_first_round_does_not_count(server: Server, tmp_path: Path) -> None:
    note = "open('ran', 'a').write('x')"
    runs = interleave([script(note, tmp_path)], server=server, rounds=2)
    assert (tmp_path / "ran").read_text() == "xxx"
    assert [len(own) for own in runs] == [2]


@needs_go
def test_failure_shows_the_end_of_what_was_printed(server: Server, tmp_path: Path) -> None:
    text = "print('long ' * 9000); raise SystemExit('no luck')"
    with pytest.raises(BenchError, match=r"exit code 1, 0 of 0 chats\n(?s:.{3000,4100})no luck"):
        run_once(script(text, tmp_path), server)


def test_tool_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubs: Callable[..., Path]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    calls = stubs(go=0)
    first = install.go_program("k6", "go.k6.io/k6", "1.2.3")
    assert install.go_program("k6", "go.k6.io/k6", "1.2.3") == first
    assert install.go_program("k6", "go.k6.io/k6", "1.2.4") != first
    assert calls.read_text().count("go install -trimpath go.k6.io/k6@v1.2.") == 2


def test_tool_that_cannot_be_had_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubs: Callable[..., Path]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stubs(cargo=1)
    with pytest.raises(UnavailableError, match=r"^there is no go on PATH$"):
        install.go_program("k6", "go.k6.io/k6", "1.2.3")
    with pytest.raises(UnavailableError, match=r"^cargo install --quiet: it said nothing$"):
        install.cargo_program("hurl", "8.0.1", dict)


@pytest.mark.parametrize(
    ("stack", "name"),
    [
        ("main (/v/agentrig/cli/run.py:9);f (<frozen importlib._bootstrap>:2);g (/a.py:1)", ""),
        ("run (/v/agentrig/engine/_run.py:1);load (/v/yaml/constructor.py:4)", "YAML"),
        ("run (/v/agentrig/engine/_run.py:1);loads (/lib/json/__init__.py:4)", "engine"),
        ("call (/v/pluggy/_callers.py:1);walk (/v/_pytest/python.py:4)", "pytest"),
        ("execute (/v/agentrig/steps/http.py:1);send (/v/pyreqwest/client.py:4)", "HTTP"),
        ("f (/elsewhere.py:1)", "other"),
    ],
)
def test_stack_belongs_to_its_innermost_layer(stack: str, name: str) -> None:
    assert layer(stack).startswith(name or "start-up")


def test_samples_are_counted_by_layer() -> None:
    lines = ["f (/v/yaml/a.py:1) 3", "g (/x.py:1);f (/v/yaml/a b.py:1) 4", "g (/x.py:1) 2"]
    assert read_samples(lines) == {"YAML": 7, "other": 2}


@needs_go
def test_part_measures_the_tools_that_are_here(server: Server, tmp_path: Path) -> None:
    tools = {key: TOOLS[key] for key in ("agentrig", "http.client")}
    missing = {"hurl": "there is no cargo on PATH"}
    field = Field(tools=tools, missing=missing, server=server, folder=tmp_path, rounds=1)
    figures = PARTS["steps"].measure(field)
    loop, hurl = figures.goals
    assert loop.title == "a step: agentrig / http.client loop"
    assert (hurl.title, hurl.verdict) == ("a step: agentrig / Hurl, 16 at once", "not measured")
    cells = [line.split("|")[1:3] for line in figures.text.splitlines() if "Hurl" in line]
    assert [cell.strip() for cell in cells[0]] == ["Hurl, 16 at once", "not measured"]


@needs_go
def test_cost_of_reports_is_a_share_of_the_run(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"few": Workload(files=2, steps=2), "single": Workload(files=3, steps=1)}
    monkeypatch.setattr("bench.parts.reports._WORKLOADS", small)
    tools = {"agentrig": TOOLS["agentrig"]}
    field = Field(tools=tools, missing={}, server=server, folder=tmp_path, rounds=1)
    figures = PARTS["reports"].measure(field)
    assert [goal.title for goal in figures.goals] == [
        "journal, JUnit and summary / the run, few",
        "journal, JUnit and summary / the run, single",
    ]
    for goal in figures.goals:
        assert goal.measured is not None
        assert 0 < goal.measured < 1
    assert (tmp_path / "again-2/junit.xml").read_text().count("<testcase") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "steps,stops"], "'stops' is unknown; known are start-up, steps, delay"),
        (["--tools", "curl"], "'curl' is unknown; known are agentrig, hurl"),
        (["--rounds", "0"], "at least 1 round"),
        (["--record", "--tools", "hurl"], "--record takes all parts and all tools"),
    ],
)
def test_wrong_option_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    assert message in capsys.readouterr().err
