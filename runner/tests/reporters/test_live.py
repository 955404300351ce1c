"""The report on a real terminal."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.rig import clean_environment
from tests.support.screen import on_a_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig
    from tests.support.screen import Terminal


@contextmanager
def terminal(rig: Rig, *args: str, columns: int = 80, lines: int = 24) -> Iterator[Terminal]:
    environment = clean_environment()
    environment.pop("COLUMNS")
    with on_a_terminal(
        "run", *args, folder=rig.folder, env=environment, columns=columns, lines=lines
    ) as one:
        yield one


def steady(text: str) -> str:
    text = re.sub(r" *\d+(\.\d+)? (ms|s)\b", " TIME", text)
    return re.sub(r"agentrig \S+ · run \S+", "agentrig VERSION · run ID", text).strip()


def test_what_runs_stands_under_what_is_finished_and_is_gone_in_the_end(
    rig: Rig, agent: AgentServer
) -> None:
    rig.scenario("a")
    rig.scenario("b", "/ok", "/hold")
    rig.scenario("c")
    rig.write("test_d.py", "def test_d():\n    print('captured')\n")
    with terminal(rig, ".") as one:
        one.wait_for("2: GET /hold")
        one.wait_for("2 of 4 finished, 1 running")
        agent.release()
        assert one.ended() == 0, one.raw.decode()
    assert steady(one.screen.text).splitlines() == [
        "agentrig VERSION · run ID · via direct · 4 planned",
        "",
        "passed TIME  a.yaml  The scenario a",
        "passed TIME  b.yaml  The scenario b",
        "passed TIME  c.yaml  The scenario c",
        "passed TIME  test_d.py::test_d",
        "",
        "passed: 4 passed in TIME",
        "results: results",
    ]
    assert one.screen.cursor_is_shown
    shown = {steady(line) for line in one.screen.drawn}
    assert "running TIME  b.yaml  The scenario b  2: GET /hold" in shown
    assert "2 of 4 finished, 1 running" in shown


def test_ctrl_c_leaves_the_terminal_as_it_was(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a")
    rig.scenario("b", "/hold")
    with terminal(rig, ".") as one:
        agent.wait_for(2)
        one.wait_for("GET /hold")
        one.press(b"\x03")
        assert one.ended() == 2, one.raw.decode()
    assert one.screen.cursor_is_shown
    assert "\nrunning" not in one.screen.text
    assert "finished," not in one.screen.text
    assert one.screen.text.strip().endswith("results: results")
    assert "interrupted: 1 interrupted, 1 passed" in one.screen.text


@pytest.mark.parametrize(("columns", "lines"), [(20, 24), (80, 6), (1, 3), (300, 50)])
def test_terminals_of_any_size(rig: Rig, agent: AgentServer, columns: int, lines: int) -> None:
    for number in range(12):
        rig.scenario(f"s{number:02}", "/hold", name="Wide \N{CJK UNIFIED IDEOGRAPH-5BBD} name")
    with terminal(rig, ".", columns=columns, lines=lines) as one:
        agent.wait_for(12)
        agent.release()
        assert one.ended() == 0, one.raw.decode()
    whole = "".join(one.screen.text.split())
    assert whole.count("passed") == 12 + len(["passed:", "12 passed"])
    assert whole.endswith("results:results")
    assert "running" not in whole


def test_a_terminal_that_changes_its_size(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/hold", name="A name that is longer than the terminal is wide in the end")
    with terminal(rig, ".", columns=120) as one:
        one.wait_for("A name that is longer than the terminal is wide in the end  1:")
        one.resize(30, 10)
        # The next line that is drawn fits.
        one.wait_for("a.yaml\N{HORIZONTAL ELLIPSIS}")
        agent.release()
        assert one.ended() == 0, one.raw.decode()


@pytest.mark.parametrize("option", ["-s", "--capture=no"])
def test_nothing_is_drawn_where_tests_print_for_themselves(rig: Rig, option: str) -> None:
    rig.scenario("a")
    rig.write("test_b.py", "def test_b():\n    print('on the terminal')\n")
    with terminal(rig, ".", "--", option) as one:
        assert one.ended() == 0, one.raw.decode()
    assert "on the terminal" in one.screen.text
    assert b"\x1b[2K" not in one.raw
    assert b"\x1b[?25l" not in one.raw


def test_a_log_has_lines_alone(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.run("a.yaml", env={"TERM": "xterm"})
    assert "\x1b" not in ran.out
    assert "running" not in ran.out


def test_without_colour_lines_are_drawn_all_the_same(rig: Rig, agent: AgentServer) -> None:
    rig.scenario("a", "/hold")
    with terminal(rig, ".", "--no-color") as one:
        one.wait_for("GET /hold")
        agent.release()
        assert one.ended() == 0, one.raw.decode()
    assert b"m" not in [found[2] for found in re.findall(rb"\x1b\[([\d;]*)()([A-Za-z])", one.raw)]
