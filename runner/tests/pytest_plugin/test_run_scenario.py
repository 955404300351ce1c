"""The fixture `run_scenario`: scenarios of files, run from Python in real runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.events import ScenarioFinished, ScenarioStarted, StepFinished
from tests.support.golden import check_golden

if TYPE_CHECKING:
    import pytest

    from tests.support.rig import Ran, Rig

# No scenarios of their own: a run does not collect `*.part`.
CHAT = """
    name: Chat
    vars: {path: /ok, word: "${path | ascii_upcase}"}
    steps:
      - name: Ask
        path: ${path}
        expect: {status: 200}
        capture: {got: {jq: .path}, word: {jq: $word}}
      - {name: Ask again, path: "${got}/again"}
    """


def run(rig: Rig, *args: str) -> Ran:
    files = ["--target", f"proxy={rig.url}", "--target", f"control={rig.url}/c"]
    return rig.run(".", *files, *args)


def messages(ran: Ran) -> dict[str, Any]:
    return {
        one["id"].partition("::")[2]: (one["outcome"], one["message"])
        for one in ran.summary()["scenarios"]
    }


def test_it_gives_captures_and_steps(rig: Rig) -> None:
    rig.write("files/chat.part", CHAT)
    rig.write(
        "files/test_m.py",
        """
        from pathlib import Path

        def test_m(run_scenario, steps):
            steps.http(path="/before")
            ran = run_scenario("chat.part", vars={"path": "/other"})
            assert (ran.name, ran.outcome) == ("Chat", "passed")
            assert ran.captures == {"got": "/other", "word": "/OTHER"}
            assert [(one.name, one.status, one.data["path"]) for one in ran.steps] == [
                ("Ask", 200, "/other"), ("Ask again", 200, "/other/again")
            ]
            assert 0 < sum(one.elapsed_ms for one in ran.steps)
            assert ran.elapsed_ms > 0
            assert run_scenario(Path(__file__).parent / "chat.part").captures["got"] == "/ok"

        def test_agent(run_scenario):
            assert run_scenario("chat.part", agent="coach").captures["got"] == "/coach/ok"
        """,
    )
    ran = run(rig, "--target", f"coach/proxy={rig.url}/coach")
    assert ran.code == 0, ran.said
    finished = [(one.step, one.name) for one in ran.events(StepFinished)]
    chat = ["Chat · Ask", "Chat · Ask again"]
    assert finished == [
        *enumerate(["GET /before", *chat, *chat]),
        *enumerate(chat),
    ]
    assert len(ran.events(ScenarioStarted)) == len(ran.events(ScenarioFinished)) == 2


def test_what_does_not_pass_is_told(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.write("chat.part", CHAT)
    rig.write("bad.part", "name: Bad\nstepz: []\n")
    rig.write("two.part", "name: One\nsteps: [{path: /1}]\n---\nname: Two\nsteps: [{path: /2}]\n")
    rig.write("matrix.part", "name: M\nmatrix: {n: [1, 2]}\nsteps: [{path: '/m/${matrix.n}'}]\n")
    rig.write("needs.part", "name: N\nsteps: [{path: '/${env.NOT_THERE}'}]\n")
    rig.write("skip.part", "name: S\nskip: not today\nsteps: [{path: /}]\n")
    rig.write("xfail.part", "name: X\nxfail: known\nsteps: [{path: /, expect: {status: 404}}]\n")
    rig.write("xpass.part", "name: P\nxfail: known\nsteps: [{path: /}]\n")
    rig.write(
        "test_m.py",
        """
        def test_failed(run_scenario): run_scenario("chat.part", vars={"path": "/status/404"})
        def test_down(run_scenario): run_scenario("chat.part", vars={"path": "/drop"})
        def test_bad(run_scenario): run_scenario("bad.part")
        def test_gone(run_scenario): run_scenario("gone.part")
        def test_variable(run_scenario): run_scenario("chat.part", vars={"pat": 1})
        def test_which(run_scenario): run_scenario("two.part")
        def test_none(run_scenario): run_scenario("two.part#Tow")
        def test_combination(run_scenario): run_scenario("matrix.part#M")
        def test_environment(run_scenario): run_scenario("needs.part")
        def test_skip(run_scenario): run_scenario("skip.part")
        def test_xfail(run_scenario): run_scenario("xfail.part")
        def test_xpass(run_scenario): run_scenario("xpass.part")
        def test_second(run_scenario):
            assert run_scenario("two.part#Two").steps[0].data == {"path": "/2"}
        def test_one_of_matrix(run_scenario):
            assert run_scenario("matrix.part#M[2]").steps[0].data == {"path": "/m/2"}
        """,
    )
    ran = run(rig, "--run-id", "r1")
    assert ran.code == 1, ran.said
    lines = [f"{name}: {outcome}: {text}" for name, (outcome, text) in messages(ran).items()]
    check_golden(request.path.parent / "golden" / "run_scenario.txt", "\n".join(lines) + "\n")
    details = {one.scenario: one.details for one in ran.events(ScenarioFinished)}
    assert "--> chat.part:7:" in details["test_m.py::test_failed"]


def test_teardown_runs_and_what_a_step_left_is_undone(rig: Rig) -> None:
    rig.write(
        "t.part",
        "name: T\nsteps: [{path: /status/500, expect: {status: 200}}]\n"
        "teardown: [{path: /clean}]\n",
    )
    rig.write("test_m.py", "def test_m(run_scenario): run_scenario('t.part')\n")
    ran = run(rig)
    assert ran.code == 1, ran.said
    assert [(one.name, one.outcome, one.phase) for one in ran.events(StepFinished)] == [
        ("T · GET /status/500", "failed", "steps"),
        ("T · GET /clean", "passed", "teardown"),
    ]


def test_a_timeout_of_pytest_ends_it_with_its_teardown(rig: Rig) -> None:
    rig.write(
        "t.part", "name: T\nsteps: [{path: /hold}]\nteardown: [{name: Clean, path: /clean}]\n"
    )
    rig.write(
        "test_m.py",
        """
        import pytest

        @pytest.mark.timeout(0.5)
        def test_m(run_scenario): run_scenario("t.part")

        def test_after(steps): steps.http(path="/ok")
        """,
    )
    ran = run(rig)
    assert ran.code == 1, ran.said
    assert list(ran.outcomes().values()) == ["failed", "passed"]
    assert "Timeout" in ran.out
    assert [one.name for one in ran.events(StepFinished)] == ["T · Clean", "GET /ok"]
