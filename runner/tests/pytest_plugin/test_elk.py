"""The face of pytest-elk-reporter: what its users write in modules and conftest.py goes on to work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.events import DataRecorded
from agentrig.search import Documents

if TYPE_CHECKING:
    from tests.support.rig import Ran, Rig

# As the guide writes it.
CONFTEST = """
    import os
    import pytest

    @pytest.fixture(scope="session", autouse=True)
    def setup_elk_reporting(request):
        elk = request.config.pluginmanager.get_plugin("elk-reporter-runtime")
        if elk:
            elk.session_data.update({
                "environment": os.environ.get("TEST_ENV", "local"),
                "ai_model_version": os.environ.get("MODEL_VERSION"),
                "test_suite": "ai-agent-integration",
            })
"""
MODULE = """
    def test_quality(request, elk_reporter):
        elk_reporter.append_test_data(request, {"response_latency_ms": 12.5, "token_count": 42})
        elk_reporter.append_test_data(request, {"faithfulness_score": 0.9})

    def test_other():
        pass
"""


def bodies(ran: Ran) -> dict[str, Any]:
    """Give the documents of a run that has ended, from its journal, by name."""
    documents = Documents()
    made = [one.body for record in ran.records() for one in documents.receive(record)]
    return {body.get("test_id", "run"): body for body in made}


def test_the_guides_module_has_its_fields(rig: Rig) -> None:
    rig.write("conftest.py", CONFTEST)
    rig.write("test_m.py", MODULE)
    ran = rig.run(".", env={"TEST_ENV": "staging"})
    assert ran.code == 0, ran.said
    of_test = bodies(ran)["test_m.py::test_quality"]
    assert of_test["environment"] == "staging"
    assert of_test["ai_model_version"] is None
    assert of_test["test_suite"] == "ai-agent-integration"
    assert (of_test["response_latency_ms"], of_test["token_count"]) == (12.5, 42)
    assert of_test["faithfulness_score"] == 0.9
    of_other = bodies(ran)["test_m.py::test_other"]
    assert of_other["test_suite"] == "ai-agent-integration"
    assert "token_count" not in of_other
    assert bodies(ran)["run"]["test_suite"] == "ai-agent-integration"


def test_bare_pytest_has_it_too(rig: Rig) -> None:
    rig.write("conftest.py", CONFTEST)
    rig.write("test_m.py", MODULE)
    ran = rig.pytest("test_m.py")
    assert ran.code == 0, ran.said
    assert bodies(ran)["test_m.py::test_quality"]["token_count"] == 42


def test_scenarios_have_the_data_of_a_session_that_a_conftest_begins(rig: Rig) -> None:
    rig.write(
        "conftest.py",
        """
        def pytest_sessionstart(session):
            elk = session.config.pluginmanager.get_plugin("elk-reporter-runtime")
            elk.session_data["formal_version"] = "1.0.0-rc2"
        """,
    )
    rig.scenario("a")
    ran = rig.run("a.yaml")
    assert ran.code == 0, ran.said
    assert bodies(ran)["a.yaml"]["formal_version"] == "1.0.0-rc2"
    assert len(ran.events(DataRecorded)) == 1


def test_a_run_without_data_has_no_event_of_them(rig: Rig) -> None:
    rig.write("test_m.py", "def test_one(): pass\n")
    assert rig.run("test_m.py").events(DataRecorded) == []


def test_data_of_a_wider_fixture_are_those_of_its_tests(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        import pytest

        class TestChat:
            @pytest.fixture(scope="class", autouse=True)
            def add(self, request, elk_reporter):
                elk_reporter.append_test_data(request, {"suite": "chat"})

            def test_one(self):
                pass

        def test_outside():
            pass
        """,
    )
    made = bodies(rig.run("test_m.py"))
    assert made["test_m.py::TestChat::test_one"]["suite"] == "chat"
    assert "suite" not in made["test_m.py::test_outside"]


def test_properties_of_a_test_are_fields(rig: Rig) -> None:
    rig.write("test_m.py", "def test_one(record_property): record_property('answer_time', 0.5)\n")
    assert bodies(rig.run("test_m.py"))["test_m.py::test_one"]["answer_time"] == 0.5


def test_a_replay_of_the_journal_has_the_same_documents(rig: Rig) -> None:
    rig.write("conftest.py", CONFTEST)
    rig.write("test_m.py", MODULE)
    ran = rig.run("test_m.py")
    again = rig.report("results", "--results", "again")
    assert bodies(again) == bodies(ran)


def test_values_of_any_kind_are_taken(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        import datetime, decimal, enum, math

        class Size(enum.Enum):
            SMALL = 1

        class Number:
            def __float__(self):
                return 0.25

        class Broken:
            def __str__(self):
                raise RuntimeError

        def test_one(request, elk_reporter):
            loop = {}
            loop["self"] = loop
            elk_reporter.append_test_data(request, {
                "when": datetime.date(2026, 1, 2),
                "price": decimal.Decimal("1.5"),
                "size": Size.SMALL,
                "my_score": Number(),
                "nan_score": math.nan,
                "tags_seen": {"x"},
                "pair": (1, 2),
                "huge": 10 ** 400,
                "broken": Broken(),
                "loop": loop,
                "\\ud800": "\\ud800",
                5: b"bytes",
                "none": None,
            })
        """,
    )
    ran = rig.run("test_m.py")
    assert ran.code == 0, ran.said
    body = bodies(ran)["test_m.py::test_one"]
    assert (body["when"], body["price"], body["size"]) == ("2026-01-02", 1.5, "Size.SMALL")
    assert body["my_score"] == 0.25
    assert (body["tags_seen"], body["pair"], body["5"]) == (["x"], [1, 2], "b'bytes'")
    assert body["unindexed"]["nan_score"] == "nan"
    assert body["huge"].startswith("1000")
    assert body["broken"] == "<Broken>"


def test_data_of_any_size_are_bounded_and_what_is_left_out_is_named(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        def test_one(request, elk_reporter):
            data = {f"text{number}": "x" * 100_000 for number in range(50)}
            elk_reporter.append_test_data(request, data)
        """,
    )
    ran = rig.run("test_m.py")
    assert ran.code == 0, ran.said
    [event] = ran.events(DataRecorded)
    assert len(event.data) < 70_000
    assert "text49" in json.loads(event.data)["data_left_out"]


def test_what_is_no_dict_is_refused_by_name(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        "def test_one(request, elk_reporter): elk_reporter.append_test_data(request, 5)\n",
    )
    ran = rig.run("test_m.py")
    assert ran.code == 1
    assert "append_test_data(request, data): data is a dict, and not int" in ran.out


def test_no_secret_gets_into_data(rig: Rig) -> None:
    """Neither in parts that a cut leaves, nor in numbers, names, or credentials of any name."""
    rig.write("secrets/AGENT_KEY", "plant-1-secret")
    rig.write("secrets/PIN", "48151623")
    rig.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def everything(request):
            elk = request.config.pluginmanager.get_plugin("elk-reporter-runtime")
            elk.session_data.update({
                "GITHUB_TOKEN": "plant-2-token",
                "db_password": ["plant-3-password"],
                "repo": "https://me:plant-4-userinfo@host/x?api_key=plant-5-query",
                "sent": "Authorization: Bearer plant-6-bearer",
            })
        """,
    )
    rig.write(
        "test_m.py",
        """
        def test_one(request, elk_reporter, steps):
            steps.http(path="/ok", headers={"x-a": "${secret.AGENT_KEY} ${secret.PIN}"})
            elk_reporter.append_test_data(request, {
                "filler": "x" * 7_990 + "plant-1-secret",
                "plant-1-secret": 1,
                "number": 48151623,
                "within": {"deep": ["plant-1-secret"]},
            })
        """,
    )
    ran = rig.run("test_m.py", "--secrets", "secrets", "--target", f"proxy={rig.url}")
    journal = (ran.results / "events.jsonl").read_text()
    assert "filler" in journal, ran.said
    assert "plant-1-" not in journal
    assert "48151623" not in journal
    for plant in ("plant-2", "plant-3", "plant-4", "plant-5", "plant-6"):
        assert plant not in journal, plant
    body = bodies(ran)["test_m.py::test_one"]
    assert body["number"] == "[redacted]"
    assert body["within"] == {"deep": ["[redacted]"]}


THEIRS = """
    import pytest

    def pytest_addoption(parser):
        parser.getgroup("elk-reporter").addoption("--es-address", dest="es_address")

    @pytest.fixture(scope="session")
    def elk_reporter():
        raise RuntimeError("the other one")
"""


@pytest.mark.parametrize("how", ["run", "pytest"])
def test_the_other_reporter_is_kept_out(rig: Rig, how: str) -> None:
    rig.write("pytest_elk_reporter.py", THEIRS)
    rig.write("test_m.py", MODULE)
    env = {"PYTHONPATH": str(rig.folder)}
    if how == "run":
        ran = rig.run("test_m.py", "--", "-p", "pytest_elk_reporter", env=env)
    else:
        ran = rig.pytest("test_m.py", "-p", "pytest_elk_reporter", env=env)
    assert ran.code == 0, ran.said
    assert bodies(ran)["test_m.py::test_quality"]["token_count"] == 42


def test_the_other_reporter_that_came_first_is_told_of(rig: Rig) -> None:
    rig.write("pytest_elk_reporter.py", THEIRS)
    rig.write("test_m.py", MODULE)
    ran = rig.python(
        *("-m", "pytest", "-p", "pytest_elk_reporter", "-p", "agentrig.pytest_plugin"),
        env={"PYTHONPATH": str(rig.folder)},
    )
    assert ran.code == 4, ran.said
    assert "leave out '-p pytest_elk_reporter'" in ran.err
    assert "Traceback" not in ran.said
