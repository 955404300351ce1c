"""The plugin under bare pytest: its users' options work as they expect."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from agentrig.events import Planned, RunStarted, ScenarioFinished

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

MODULE = """
    import pytest

    def test_one():
        pass

    @pytest.mark.tag("slow")
    @pytest.mark.parametrize("size", ["small", "large/huge", "[x]"])
    def test_two(size):
        assert size != "large/huge"

    class TestThree:
        @pytest.mark.skip(reason="not today")
        def test_skipped(self):
            pass
"""


@pytest.fixture
def suite(rig: Rig) -> Rig:
    rig.scenario("a", tags=["smoke", "fast"])
    rig.scenario("b", "/status/500", tags=["slow"])
    rig.scenario("c", tags=["smoke"])
    rig.write("test_m.py", MODULE)
    return rig


ALL = {
    "a": "passed",
    "b": "failed",
    "c": "passed",
    "test_m.py::test_one": "passed",
    "test_m.py::test_two[small]": "passed",
    "test_m.py::test_two[large/huge]": "failed",
    "test_m.py::test_two[[x]]": "passed",
    "test_m.py::TestThree::test_skipped": "skipped",
}


def test_scenarios_and_modules_run_together(suite: Rig) -> None:
    ran = suite.pytest(".")
    assert (ran.code, ran.outcomes()) == (1, ALL), ran.said
    assert "2 failed, 5 passed, 1 skipped" in ran.out
    assert "[GET /status/500] expected status 200, got 500" in ran.out
    assert "ScenarioFailedError" not in ran.out


def test_the_plan_says_where_each_stands(suite: Rig) -> None:
    (event,) = suite.pytest(".").events(RunStarted)
    found = {one.id: (one.path, one.line, one.name, one.language.value) for one in event.planned}
    assert found["a.yaml"] == ("a.yaml", 1, "The scenario a", "yaml")
    test = "test_m.py::TestThree::test_skipped"
    assert found[test] == ("test_m.py", 13, "TestThree::test_skipped", "python")
    assert {one.id: one.tags for one in event.planned if one.tags} == {
        "a.yaml": ("smoke", "fast"),
        "b.yaml": ("slow",),
        "c.yaml": ("smoke",),
        **{f"test_m.py::test_two[{size}]": ("slow",) for size in ("small", "large/huge", "[x]")},
    }


@pytest.mark.parametrize(
    ("args", "chosen"),
    [
        (["-k", "a.yaml"], ["a"]),
        (["-k", "smoke and not fast"], ["c"]),
        (["-k", "slow"], ["b"]),
        (["-k", "two and small"], ["test_m.py::test_two[small]"]),
        (["-k", "b.yaml or one"], ["b", "test_m.py::test_one"]),
        (["--deselect", "b.yaml::b", "-k", "b.yaml"], []),
        (["b.yaml::b"], ["b"]),
        (["test_m.py::test_one", "a.yaml"], ["a", "test_m.py::test_one"]),
    ],
    ids=" ".join,
)
def test_selection(suite: Rig, args: list[str], chosen: list[str]) -> None:
    paths = [] if ".y" in args[0] or ".py" in args[0] else ["."]
    ran = suite.pytest(*paths, *args)
    # -k also sees the names of files and folders, as it does for modules.
    assert list(ran.outcomes()) == chosen, ran.said
    assert ran.code == (5 if not chosen else 1 if "b" in chosen else 0), ran.said


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("tag", ["a", "b", "c", "two"]),
        ("not tag", ["one", "TestThree"]),
        ("skip", ["TestThree"]),
        ("tag and parametrize", ["two"]),
    ],
)
def test_markers(suite: Rig, expression: str, chosen: list[str]) -> None:
    ran = suite.pytest(".", "-m", expression)
    found = {name.replace("test_m.py::", "").split("::")[0] for name in ran.outcomes()}
    assert {name.removeprefix("test_").split("[")[0] for name in found} == set(chosen), ran.said


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
def test_the_first_failure_ends_the_run(suite: Rig, agent: AgentServer, option: str) -> None:
    suite.scenario("d", "/hold")
    ran = suite.pytest(".", option)
    assert ran.code == 1, ran.said
    outcomes = ran.outcomes()
    assert outcomes["b"] == "failed"
    assert outcomes["d"] in {"interrupted", "not_run"}
    assert outcomes["test_m.py::test_one"] == "not_run"
    assert ran.summary()["planned"] == 9
    assert len(agent.paths) <= 4


def test_junit_of_pytest_has_the_engines_times(suite: Rig) -> None:
    ran = suite.pytest(".", "--junitxml", "own.xml")
    cases = {case.get("name"): case for case in ET.parse(suite.folder / "own.xml").iter("testcase")}
    elapsed = {one.scenario: one.elapsed_ms / 1000 for one in ran.events(ScenarioFinished)}
    for name in "abc":
        assert float(cases[name].get("time", 0)) == pytest.approx(
            elapsed[f"{name}.yaml"], abs=0.002
        )
    failure = cases["b"].find("failure")
    assert failure is not None
    assert "expected status 200, got 500" in str(failure.text)


def test_infrastructure_is_an_error_to_pytest_as_well(rig: Rig) -> None:
    rig.url = "http://127.0.0.1:9"
    rig.scenario("a")
    ran = rig.pytest(".", "--junitxml", "own.xml")
    assert ran.code == 3, ran.said
    assert "1 error" in ran.out
    assert "cannot reach http://127.0.0.1:9" in ran.out
    (case,) = ET.parse(rig.folder / "own.xml").iter("testcase")
    assert case.find("error") is not None


@pytest.mark.parametrize("args", [["--collect-only"], ["--collect-only", "-q"]], ids=" ".join)
def test_collect_only_runs_nothing(suite: Rig, agent: AgentServer, args: list[str]) -> None:
    ran = suite.pytest(".", *args)
    assert ran.code == 0, ran.said
    assert ("a.yaml::a" in ran.out) or "ScenarioItem a" in ran.out
    assert agent.paths == []


def test_collecting_what_cannot_be_read_exits_with_4(suite: Rig, agent: AgentServer) -> None:
    suite.write("bad.yaml", "name: bad\nstepz: []\n")
    suite.write("test_bad.py", "def test_(:\n")
    ran = suite.pytest(".")
    assert ran.code == 4, ran.said
    assert "did you mean 'steps'?" in ran.out
    assert "SyntaxError" in ran.out
    assert agent.paths == []
    assert ran.summary()["exit_code"] == 4


def test_collection_errors_can_be_passed_over(suite: Rig) -> None:
    suite.write("bad.yaml", "name: bad\nstepz: []\n")
    ran = suite.pytest(".", "--continue-on-collection-errors")
    assert (ran.code, ran.outcomes()) == (4, ALL), ran.said


def test_endpoints_without_address_exit_with_4(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nsteps: [{path: /}]\n")
    ran = rig.pytest(".")
    assert ran.code == 4, ran.said
    assert "no address for target 'proxy'" in ran.out + ran.err
    assert "INTERNALERROR" not in ran.out + ran.err


@pytest.mark.parametrize(
    "args",
    [
        ["--agentrig-target", "proxy"],
        ["--agentrig-via", "pigeon"],
        ["--agentrig-concurrency", "x"],
        ["--agentrig-results", "file/results"],
    ],
    ids=" ".join,
)
def test_bad_options_exit_with_4(rig: Rig, args: list[str]) -> None:
    rig.write("file", "")
    rig.scenario("a")
    ran = rig.pytest(".", *args)
    assert ran.code == 4, ran.said
    assert "Traceback" not in ran.err
    assert "INTERNALERROR" not in ran.out + ran.err


@pytest.mark.parametrize("option", ["-n 2", "-n auto", "--dist load --tx 2*popen"])
def test_xdist_is_refused(suite: Rig, option: str) -> None:
    ran = suite.pytest(".", *option.split())
    assert ran.code == 4, ran.said
    assert "leave pytest-xdist out" in ran.out + ran.err
    assert "INTERNALERROR" not in ran.out + ran.err


def test_xdist_that_is_off_does_no_harm(suite: Rig) -> None:
    assert suite.pytest(".", "-n", "0").outcomes() == ALL


def test_run_refuses_xdist_too(suite: Rig) -> None:
    ran = suite.run(".", "--", "-p", "xdist", "-n", "2")
    assert ran.code == 4, ran.said
    assert "leave pytest-xdist out" in ran.out + ran.err


def test_without_the_plugins_option_pytest_runs_as_ever(suite: Rig) -> None:
    """It is no entry point: what is installed must not change anybody's run."""
    ran = suite.python("-m", "pytest", "-p", "no:cacheprovider", ".", "-q")
    assert "1 failed, 3 passed, 1 skipped" in ran.out, ran.said
    assert not (suite.folder / "results").exists()


def test_a_file_that_is_named_twice_runs_once(suite: Rig) -> None:
    ran = suite.run("a.yaml", ".", "a.yaml", "test_m.py", "-k", "a.yaml or one")
    assert sum("a.yaml" in name for name in ran.summary()["not_run"]) == 0
    planned = [one.id for event in ran.events(RunStarted) for one in event.planned]
    assert len(set(planned)) == len(planned)
    assert isinstance(ran.events(RunStarted)[0].planned[0], Planned)
    assert ran.code == 0, ran.said


def test_keepduplicates_cannot_break_the_engine(suite: Rig) -> None:
    ran = suite.run("a.yaml", "a.yaml", "--", "--keep-duplicates")
    assert ran.code == 0, ran.said
    assert ran.outcomes() == {"a": "passed"}


def summary_of(ran: Ran) -> dict[str, str]:
    return {one["id"].partition("::")[2]: one["outcome"] for one in ran.summary()["scenarios"]}


OUTCOMES = """
    import pytest
    from agentrig.errors import TargetError

    @pytest.fixture
    def broken():
        raise ValueError("no setup")

    @pytest.fixture
    def unreachable():
        raise TargetError("nobody there")

    @pytest.fixture
    def breaks_after():
        yield
        raise ValueError("no teardown")

    @pytest.fixture
    def unreachable_after():
        yield
        raise TargetError("gone")

    def test_setup(broken): pass
    def test_setup_infra(unreachable): pass
    def test_teardown(breaks_after): pass
    def test_teardown_infra(unreachable_after): pass
    def test_failed_then_infra(unreachable_after): assert 1 == 2
    def test_infra_then_failed(breaks_after): raise TargetError("nobody")
    def test_infra(): raise TargetError("nobody")
    @pytest.mark.xfail(reason="known")
    def test_xfail(): assert 1 == 2
    @pytest.mark.xfail(reason="known")
    def test_xfail_infra(): raise TargetError("nobody")
    @pytest.mark.xfail(reason="known", strict=True)
    def test_xpass_strict(): pass
    @pytest.mark.xfail(reason="known")
    def test_xpass(): pass
    @pytest.mark.xfail(run=False, reason="never")
    def test_xfail_not_run(): pass
    def test_skip(): pytest.skip("in the middle")
    def test_surrogate(): raise ValueError("\\udcff")
    def test_empty(): raise ValueError
    def test_output():
        print("some words")
        assert False, "said"
    def test_group(): raise ExceptionGroup("both", [TargetError("nobody")])
    def test_exit(): raise SystemExit(0)
"""


def test_outcomes_of_python_tests(rig: Rig) -> None:
    rig.write("test_m.py", OUTCOMES)
    ran = rig.run(".")
    assert ran.code == 1, ran.said
    assert summary_of(ran) == {
        "test_setup": "failed",
        "test_setup_infra": "error",
        "test_teardown": "failed",
        "test_teardown_infra": "error",
        "test_failed_then_infra": "failed",
        "test_infra_then_failed": "error",
        "test_infra": "error",
        "test_xfail": "skipped",
        "test_xfail_infra": "error",
        "test_xpass_strict": "failed",
        "test_xpass": "passed",
        "test_xfail_not_run": "skipped",
        "test_skip": "skipped",
        "test_surrogate": "failed",
        "test_empty": "failed",
        "test_output": "failed",
        "test_group": "failed",
        "test_exit": "failed",
    }
    messages = {one["id"].partition("::")[2]: one["message"] for one in ran.summary()["scenarios"]}
    assert messages["test_setup"] == "ValueError: no setup"
    assert messages["test_failed_then_infra"] == "assert 1 == 2"
    assert messages["test_infra_then_failed"] == "nobody"
    assert messages["test_xfail"] == "expected to fail: known"
    assert messages["test_skip"] == "in the middle"
    assert messages["test_xpass_strict"] == "[XPASS(strict)] known"
    assert messages["test_surrogate"] == "ValueError: \ufffd"
    details = {one.scenario.partition("::")[2]: one.details for one in ran.events(ScenarioFinished)}
    assert "some words" in details["test_output"]
    assert details["test_infra"] is None
    assert ran.err == ""
    assert ran.junit().tests == 18


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("raise TargetError('x')", 3),
        ("pytest.exit('enough')", 2),
        ("pytest.exit('enough', returncode=0)", 2),
        ("raise KeyboardInterrupt", 2),
    ],
)
def test_exit_codes_of_python_tests(rig: Rig, body: str, code: int) -> None:
    rig.write(
        "test_m.py",
        f"""
        import pytest
        from agentrig.errors import TargetError
        def test_a(): pass
        def test_b(): {body}
        def test_c(): pass
        """,
    )
    ran = rig.run(".")
    assert ran.code == code, ran.said
    assert ran.summary()["exit_code"] == code
    assert ran.summary()["counts"].get("passed") == (2 if code == 3 else 1)


def test_a_skipped_module_and_a_failing_one_are_accounted_for(rig: Rig) -> None:
    rig.write("test_a.py", "import pytest\npytest.skip('all', allow_module_level=True)\n")
    rig.scenario("b")
    ran = rig.run(".")
    assert (ran.code, ran.outcomes()) == (0, {"b": "passed"}), ran.said


def test_fixtures_of_modules_work(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        import pytest
        log = []
        @pytest.fixture(scope="module", autouse=True)
        def module():
            log.append("up")
            yield
            open("down", "w").write(",".join(log))
        @pytest.fixture(scope="module", params=["x", "y"])
        def either(request):
            return request.param
        def test_a(either): log.append(either)
        def test_b(either): log.append(either)
        """,
    )
    ran = rig.run(".")
    assert ran.code == 0, ran.said
    assert (rig.folder / "down").read_text() == "up,x,x,y,y"


def test_a_test_that_changes_the_working_directory_takes_no_report_with_it(rig: Rig) -> None:
    rig.write("elsewhere/file", "")
    rig.write(
        "test_m.py",
        """
        import os
        def test_a(): os.chdir("elsewhere")
        def test_b(): pass
        """,
    )
    ran = rig.run(".", "--termination-log", "last", "--log-journal")
    assert (ran.code, ran.err) == (0, ""), ran.said
    assert len(ran.outcomes()) == ran.junit().tests == 2
    assert [one.name for one in (rig.folder / "elsewhere").iterdir()] == ["file"]
    assert (rig.folder / "last").exists()


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_hanging_python_test_is_ended_by_pytest_timeout(rig: Rig, method: str) -> None:
    rig.write(
        "test_m.py",
        """
        import threading
        def test_a(): pass
        def test_hangs(): threading.Event().wait(60)
        def test_c(): pass
        """,
    )
    ran = rig.run(".", "--", "--timeout=0.5", f"--timeout-method={method}")
    if method == "signal":
        assert ran.code == 1, ran.said
        assert summary_of(ran) == {"test_a": "passed", "test_hangs": "failed", "test_c": "passed"}
        assert "Timeout" in ran.out
        return
    # This method ends the process on the spot; the journal holds all up to then.
    assert ran.code == 1, ran.said
    report = rig.report("results", "--results", "again")
    assert report.code == 3
    assert report.summary()["counts"] == {"passed": 1, "not_run": 2}


def test_an_interrupt_under_bare_pytest_leaves_a_complete_report(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("test_b.py", "def test_b():\n    raise KeyboardInterrupt\n")
    rig.write("test_c.py", "def test_c():\n    pass\n")
    ran = rig.pytest(".")
    assert ran.code == 2, ran.said
    assert list(ran.outcomes().values()) == ["passed", "interrupted", "not_run"]
    assert ran.junit().tests == 3


def test_markers_of_a_conftest_hold_for_scenarios_too(rig: Rig) -> None:
    rig.scenario("a", "/status/500")
    rig.scenario("b", "/status/500")
    rig.write(
        "conftest.py",
        """
        import pytest

        def pytest_collection_modifyitems(items):
            first, second = items
            first.add_marker(pytest.mark.skip(reason="not today"))
            second.add_marker(pytest.mark.xfail(reason="known"))
        """,
    )
    ran = rig.run(".")
    finished = {one.scenario: one for one in ran.events(ScenarioFinished)}
    assert finished["a.yaml"].message == "not today"
    assert finished["b.yaml"].message == "expected to fail: known"
    assert ran.code == 0


def test_goals_of_the_configuration_hold_under_bare_pytest(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("agentrig.yaml", "slo: {max_ms: 0.001}\n")
    ran = rig.pytest(".")
    assert (ran.code, ran.outcomes()) == (1, {"a": "passed"}), ran.said
    assert [one["outcome"] for one in ran.summary()["limits"]] == ["failed"]
