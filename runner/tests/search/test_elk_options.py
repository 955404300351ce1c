"""pytest-elk-reporter's options send to a real server, and nothing that is secret gets there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.rig import Ran, Rig
    from tests.support.search_server import SearchServer

MODULE = """
    import pytest

    @pytest.mark.slow
    @pytest.mark.tag("smoke")
    def test_quality(request, elk_reporter, record_property):
        record_property("answer_time", 0.5)
        elk_reporter.append_test_data(request, {"faithfulness_score": 0.9, "token_count": 42})

    def test_bad():
        raise ValueError("it is wrong")
"""
INI = """
    [pytest]
    markers = slow: takes its time
    es_address = {address}
    es_user = pytest_reporter
    es_password = ${{ES_PASSWORD}}
    es_index_name = {index}
"""
ACCESS = {"ES_PASSWORD": "plant-0-password"}


@pytest.fixture
def suite(rig: Rig, search_server: SearchServer, search_index: str) -> Rig:
    """Give a suite as the guide sets it up, with a scenario beside it."""
    address = search_server.url.removeprefix("http://")
    rig.write("pytest.ini", INI.format(address=address, index=search_index))
    rig.write("test_m.py", MODULE)
    rig.scenario("a", "/ok")
    return rig


@pytest.fixture
def sent(search_server: SearchServer, search_index: str) -> Any:
    def read() -> dict[str, dict[str, Any]]:
        """Give the documents that arrived, by test; that of the run is called `run`."""
        found = search_server.documents(f"{search_index}*").values()
        return {body.get("test_id", body["kind"]): body for body in found}

    return read


def check(ran: Ran, found: dict[str, dict[str, Any]]) -> None:
    assert ran.code == 1, ran.said
    assert set(found) == {"a.yaml", "test_m.py::test_quality", "test_m.py::test_bad", "run"}
    quality = found["test_m.py::test_quality"]
    assert (quality["faithfulness_score"], quality["token_count"]) == (0.9, 42)
    assert quality["answer_time"] == 0.5
    assert quality["markers"] == ["smoke", "slow"]
    bad = found["test_m.py::test_bad"]
    assert bad["outcome"] == "failed"
    assert bad["failure"] == {
        "message": "ValueError: it is wrong",
        "exception_type": "ValueError",
    }
    assert {body["hostname"] for body in found.values()} == {quality["hostname"]}
    assert found["run"]["stats"] == {"passed": 2, "failure": 1, "skipped": 0, "error": 0}


def test_the_ini_of_the_suite_is_enough(suite: Rig, sent: Any) -> None:
    check(suite.run(".", env=ACCESS), sent())


def test_what_a_fixture_says_of_the_session_is_in_scenarios_too(suite: Rig, sent: Any) -> None:
    suite.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def setup_elk_reporting(request):
            elk = request.config.pluginmanager.get_plugin("elk-reporter-runtime")
            elk.session_data.update({"environment": "staging", "test_suite": "agents"})
        """,
    )
    ran = suite.run(".", env=ACCESS)
    check(ran, sent())
    assert {body["test_suite"] for body in sent().values()} == {"agents"}
    assert {body["environment"] for body in sent().values()} == {"staging"}


def test_bare_pytest_sends_too(suite: Rig, sent: Any) -> None:
    check(suite.pytest(".", env=ACCESS), sent())


def test_the_command_line_is_enough(
    suite: Rig, search_server: SearchServer, search_index: str, sent: Any
) -> None:
    suite.write("pytest.ini", "[pytest]\nmarkers = slow: takes its time\n")
    options = ("--es-address", search_server.url, "--es-index-name", search_index)
    check(suite.run(".", "--", *options, "--es-timeout", "20"), sent())


def test_a_conftest_may_name_the_server(
    suite: Rig, search_server: SearchServer, search_index: str, sent: Any
) -> None:
    suite.write("pytest.ini", "[pytest]\nmarkers = slow: takes its time\n")
    suite.write(
        "conftest.py",
        f"""
        def pytest_sessionstart(session):
            elk = session.config.pluginmanager.get_plugin("elk-reporter-runtime")
            elk.es_address = "{search_server.url}"
            elk.es_index_name = "{search_index}"
        """,
    )
    check(suite.run("."), sent())


def test_a_conftest_may_configure_it_when_it_is_registered(
    suite: Rig, search_server: SearchServer, search_index: str, sent: Any
) -> None:
    """As the documentation of pytest-elk-reporter has it; the package need not be there."""
    suite.write("pytest.ini", "[pytest]\nmarkers = slow: takes its time\n")
    suite.write(
        "conftest.py",
        f"""
        from pytest_elk_reporter import ElkReporter

        def pytest_plugin_registered(plugin, manager):
            if isinstance(plugin, ElkReporter):
                plugin.es_index_name = "{search_index}"
                plugin.es_address = "{search_server.url}"
                plugin.es_user = "fruch"
                plugin.es_password = "plant-0-password"
        """,
    )
    check(suite.run("."), sent())


@pytest.mark.parametrize("option", ["--es-no-post-reports", "--collect-only"])
def test_nothing_is_sent_where_that_is_asked_for(suite: Rig, sent: Any, option: str) -> None:
    ran = suite.run(".", "--", option, env=ACCESS)
    assert sent() == {}, ran.said


def test_a_dry_run_sends_nothing(suite: Rig, sent: Any) -> None:
    assert suite.run(".", "--dry-run", env=ACCESS).code == 0
    assert sent() == {}


def test_ours_outweighs_theirs(suite: Rig, search_server: SearchServer, search_index: str) -> None:
    other = f"{search_index}-other"
    options = ("--search-url", search_server.url, "--search-index", other)
    ran = suite.run(".", *options, env=ACCESS)
    assert len(search_server.documents(f"{other}-*")) == 4, ran.said
    assert "error" in search_server.ask("GET", f"/{search_index}/_count")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--es-password", "${NOT_THERE}"), "es_password: there is no 'NOT_THERE' in --secrets"),
        (("--es-timeout", "soon"), "es_timeout: 'soon' is no number of seconds"),
        (("--es-slices",), "use 'agentrig run --shard I/N'"),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else None,
)
def test_options_that_cannot_be_used_are_told(
    suite: Rig, sent: Any, options: tuple[str, ...], message: str
) -> None:
    ran = suite.run(".", "--", *options, env=ACCESS)
    assert ran.code == 4, ran.said
    assert message in ran.said
    assert "Traceback" not in ran.said
    assert sent() == {}


def test_files_that_cannot_be_collected_are_told_of_in_the_runs_document(
    suite: Rig, sent: Any
) -> None:
    suite.write("test_broken.py", "import not_there\n")
    ran = suite.run(".", env=ACCESS)
    assert ran.code == 4, ran.said
    assert list(sent()) == ["run"]
    assert "No module named 'not_there'" in sent()["run"]["message"]
    assert sent()["run"]["run_outcome"] == "invalid"


def test_nothing_secret_reaches_the_index(
    suite: Rig, search_server: SearchServer, search_index: str
) -> None:
    """Wherever it shows: in the environment, headers, messages, output, names and URLs."""
    suite.write("secrets/AGENT_KEY", "plant-1-secret")
    suite.write(
        "conftest.py",
        """
        import os, pytest

        def pytest_sessionstart(session):
            elk = session.config.pluginmanager.get_plugin("elk-reporter-runtime")
            elk.session_data.update(os.environ)
        """,
    )
    suite.write(
        "test_secret.py",
        """
        import os, sys

        def test_says_all(elk_reporter, request, record_metric, steps):
            steps.http(path="/ok", headers={"x-key": "${secret.AGENT_KEY}"})
            record_metric("plant-1-secret", 1.0)
            elk_reporter.append_test_data(request, {"plant-1-secret": "plant-1-secret"})
            print("Authorization: Bearer plant-2-bearer")
            print(os.environ["GITHUB_TOKEN"], os.environ["ES_PASSWORD"])
            raise ValueError("plant-1-secret " + os.environ["GITHUB_TOKEN"])
        """,
    )
    suite.write(
        "b.yaml",
        f"""
        name: It sends what is secret
        steps:
          - endpoint: {suite.url}
            path: /status/500?api_key=plant-3-query
            headers: {{authorization: "Bearer plant-4-header", x-key: "${{secret.AGENT_KEY}}"}}
            expect: {{status: 200}}
        """,
    )
    environment = {
        **ACCESS,
        "GITHUB_TOKEN": "plant-5-github-token",
        "GITHUB_RUN_ID": "1234",
        "GITHUB_ACTIONS": "true",
        "OPENAI_API_KEY": "plant-6-openai-key",
        "DATABASE": "postgres://me:plant-7-userinfo@db/x",
    }
    options = ("--secrets", "secrets", "--target", f"proxy={suite.url}")
    ran = suite.run(".", *options, env=environment)
    documents = search_server.documents(search_index)
    assert len(documents) == 6, ran.said
    everything = json.dumps(documents)
    assert [
        everything[at.start() - 60 : at.end() + 20] for at in re.finditer("plant-", everything)
    ] == []
    assert "1234" in everything  # the user's own doing, and no secret


def test_no_variable_is_sent_that_is_not_listed(
    suite: Rig, search_server: SearchServer, search_index: str
) -> None:
    suite.write("pytest.ini", "[pytest]\nmarkers = slow: takes its time\n")
    environment = {"GITHUB_RUN_ID": "4815", "GITHUB_SHA": "162342", "GITHUB_ACTOR": "plant-actor"}
    options = ("--search-url", search_server.url, "--search-index", search_index)
    ran = suite.run(".", *options, "--search-env", "GITHUB_RUN_ID", env=environment)
    documents = search_server.documents(f"{search_index}-*")
    assert {one["github_run_id"] for one in documents.values()} == {"4815"}, ran.said
    assert "plant-actor" not in json.dumps(documents)


def test_what_was_not_delivered_goes_into_the_same_index_later(
    suite: Rig, search_server: SearchServer, search_index: str, sent: Any
) -> None:
    away = ("--es-address", "127.0.0.1:9", "--es-timeout", "0.2")
    ran = suite.run(".", "--", *away, env=ACCESS)
    assert "4 of 4 documents were not delivered" in ran.said
    assert "plant-0" not in ran.said
    index = ("--search-index", search_index, "--search-undated")
    pushed = suite.agentrig("report", "push", "results", "--search-url", search_server.url, *index)
    assert pushed.code == 0, pushed.said
    check(ran, sent())
