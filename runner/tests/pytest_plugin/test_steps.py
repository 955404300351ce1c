"""The fixture `steps`: kinds of step called from Python, in real runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentrig.events import StepFinished, StepStarted
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.rig import Ran, Rig


def run(rig: Rig, *args: str) -> Ran:
    return rig.run(".", "--target", f"proxy={rig.url}", "--target", f"control={rig.url}/c", *args)


def messages(ran: Ran) -> dict[str, Any]:
    return {one["name"]: one["message"] for one in ran.summary()["scenarios"]}


def test_steps_give_what_came(rig: Rig) -> None:
    rig.write("sub/inner.txt", "")
    rig.write(
        "sub/test_m.py",
        """
        def test_output(steps):
            got = steps.http(
                name="Ask", path="/ok", expect={"status": 200}, capture={"path": {"jq": ".path"}}
            )
            assert (got.name, got.outcome, got.attempts) == ("Ask", "passed", 1)
            assert (got.status, got.data) == (200, {"path": "/ok"})
            assert got.text == '{"path": "/ok"}'
            assert got.headers["content-type"] == "application/json"
            assert 0 < got.elapsed_ms < 10_000
            assert got.captures == {"path": "/ok"} == steps.captures
            assert steps.http(path="${path}/on", timeout="5s").data == {"path": "/ok/on"}
            assert steps.http(path="/x", body={"n": "$${path}"}, method="POST").status == 200
            assert steps.http(endpoint="control", path="/y").data == {"path": "/c/y"}

        def test_nothing_is_left_of_another_test(steps):
            assert steps.captures == {}
            assert {"http", "chat"} <= set(dir(steps))
        """,
    )
    ran = run(rig)
    assert ran.code == 0, ran.said
    begun = [one for one in ran.events(StepStarted) if one.scenario.endswith("test_output")]
    assert [(one.step, one.name, one.step_kind) for one in begun] == [
        (0, "Ask", "http"),
        (1, "http", "http"),
        (2, "http", "http"),
        (3, "GET /y", "http"),
    ]
    assert [one.step for one in ran.events(StepFinished)] == [0, 1, 2, 3]


FAILURES = """\
def test_check(steps):
    steps.http(path="/status/500", expect={"status": 200})

def test_matcher(steps):
    steps.http(path="/ok", expect={"checks": [{"jq": ".path", "equals": "/no"}]})

def test_keys(steps):
    steps.http(pth="/ok", expect={"sttus": 200})

def test_kind(steps):
    steps.htp(path="/ok")

def test_capture(steps):
    steps.http(path="/${nothing}")

def test_loop(steps):
    steps.http(path="/ok", foreach=[1, 2])

def test_position(steps):
    steps.http("/ok")

def test_infrastructure(steps):
    steps.http(endpoint="http://127.0.0.1:9", path="/x")

def test_expected(steps):
    import pytest
    with pytest.raises(AssertionError, match="expected status 404, got 200"):
        steps.http(path="/ok", expect={"status": 404})

def test_other_words(steps):
    try:
        steps.http(path="/ok", expect={"status": 404})
    except AssertionError:
        pass
    assert 1 == 2
"""


@pytest.fixture
def failures(rig: Rig) -> Ran:
    rig.write("test_m.py", FAILURES)
    return run(rig, "--run-id", "r1")


def test_what_fails_is_told(failures: Ran, request: pytest.FixtureRequest) -> None:
    assert failures.code == 1, failures.said
    outcomes = {name.partition("::test_")[2]: what for name, what in failures.outcomes().items()}
    assert outcomes == {
        **dict.fromkeys(
            ["check", "matcher", "keys", "kind", "capture", "loop", "position", "other_words"],
            "failed",
        ),
        "infrastructure": "error",
        "expected": "passed",
    }
    golden: Path = request.path.parent / "golden" / "steps_that_fail.txt"
    check_golden(golden, failures.out)


def test_a_step_that_failed_is_an_event_of_the_test(failures: Ran) -> None:
    first = failures.events(StepFinished)[0]
    assert (first.scenario, first.outcome) == ("test_m.py::test_check", "failed")
    assert first.exchange.status == 500
    (check,) = [one for one in first.checks if one.outcome == "failed"]
    assert (check.at.path, check.at.line) == ("test_m.py", 2)
    assert check.at.text.strip().startswith("steps.http(")


def test_steps_of_an_agent_share_captures_and_cookies(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        def test_m(steps):
            steps.http(path="/ok", capture={"first": {"jq": ".path"}})
            coach = steps.for_agent("coach")
            assert coach.http(path="${first}").data == {"path": "/coach/ok"}
            assert coach.captures == {"first": "/ok"}
        """,
    )
    ran = run(rig, "--target", f"coach/proxy={rig.url}/coach")
    assert ran.code == 0, ran.said


def test_secrets_are_hidden_in_what_a_test_says(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        def test_m(steps):
            steps.http(path="/status/500?key=${secret.API_KEY}", expect={"status": 200})
        """,
    )
    ran = rig.pytest(".", f"--agentrig-target=proxy={rig.url}", env={"API_KEY": "hunter2hunter2"})
    assert ran.code == 1, ran.said
    assert "[GET /status/500" in ran.out
    assert "hunter2" not in ran.out + (ran.results / "events.jsonl").read_text()


def test_threads_of_a_test_run_steps_at_once(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        from concurrent.futures import ThreadPoolExecutor

        def test_m(steps, record_metric):
            with ThreadPoolExecutor(4) as pool:
                def one(n):
                    record_metric("n", n)
                    return steps.http(path=f"/{n}", capture={"p": {"jq": ".path"}})
                got = list(pool.map(one, range(20)))
            assert [one.data["path"] for one in got] == [f"/{n}" for n in range(20)]
            assert [one.captures["p"] for one in got] == [f"/{n}" for n in range(20)]
        """,
    )
    ran = run(rig)
    assert ran.code == 0, ran.said
    finished = ran.events(StepFinished)
    assert sorted(one.step for one in finished) == list(range(20))
    (scenario,) = ran.summary()["scenarios"]
    assert sorted(one["value"] for one in scenario["metrics"]) == list(range(20))


def test_metrics_are_numbers(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        import decimal, pytest

        def test_m(record_metric):
            record_metric("score", 3)
            record_metric("latency", decimal.Decimal("1.5"), unit="s")
            record_metric("score", 0.25, "points")

        @pytest.mark.parametrize(
            ("args", "error"),
            [
                (("n", True), TypeError), (("n", "1"), TypeError), (("n", None), TypeError),
                (("n", float("nan")), ValueError), (("n", float("inf")), ValueError),
                ((" ", 1), ValueError), ((1, 1), TypeError), (("n", 1, 2), TypeError),
            ],
        )
        def test_bad(record_metric, args, error):
            with pytest.raises(error, match="record_metric"):
                record_metric(*args)
        """,
    )
    ran = run(rig)
    assert ran.code == 0, ran.said
    assert [one["metrics"] for one in ran.summary()["scenarios"] if one["metrics"]] == [
        [
            {"name": "score", "value": 3.0, "unit": None},
            {"name": "latency", "value": 1.5, "unit": "s"},
            {"name": "score", "value": 0.25, "unit": "points"},
        ]
    ]
