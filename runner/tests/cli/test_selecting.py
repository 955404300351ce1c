"""What a run executes: tags, shards, and the plan that `--dry-run` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agentrig.events import RunStarted
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

MODULE = """
    import pytest

    pytestmark = pytest.mark.tag("module")

    @pytest.mark.tag("smoke", "slow")
    def test_both():
        pass

    @pytest.mark.tag("team:chat")
    def test_team():
        pass
"""


@pytest.fixture
def suite(rig: Rig) -> Rig:
    rig.scenario("a", tags=["smoke"])
    rig.scenario("b", tags=["smoke", "slow"])
    rig.scenario("c", tags=["skip", "timeout", "team:chat", "_private", "two words"])
    rig.write("test_m.py", MODULE)
    return rig


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("smoke", ["a", "b", "test_both"]),
        ("smoke and not slow", ["a"]),
        ("module and slow", ["test_both"]),
        ("team:chat", ["c", "test_team"]),
        # As markers of pytest these would skip the scenario, or break pytest-timeout.
        ("skip or timeout", ["c"]),
    ],
)
def test_tags_select_scenarios_and_tests(suite: Rig, expression: str, chosen: list[str]) -> None:
    ran = suite.run(".", "-t", expression)
    assert (ran.code, ran.err) == (0, ""), ran.said
    outcomes = {name.rpartition("::")[2]: outcome for name, outcome in ran.outcomes().items()}
    assert outcomes == dict.fromkeys(chosen, "passed")


def test_a_tag_is_no_marker_where_pytest_is_strict(suite: Rig) -> None:
    ran = suite.pytest(".", "-m", "smoke", "--strict-markers")
    assert list(ran.outcomes()) == ["a", "b", "test_m.py::test_both"], ran.said


@pytest.mark.parametrize("expression", ["smoke and", "(smoke", "smoke or or slow", "a b"])
def test_a_bad_expression_is_named_by_its_option(suite: Rig, expression: str) -> None:
    ran = suite.run(".", "-t", expression)
    assert ran.code == 4, ran.said
    assert "Wrong expression passed to '-t'" in ran.err
    assert "-m" not in ran.err


def test_tags_that_nothing_has_select_nothing(suite: Rig, agent: AgentServer) -> None:
    ran = suite.run(".", "-t", "smoek")
    assert ran.code == 5, ran.said
    assert agent.paths == []


def ids(ran: Ran) -> set[str]:
    return set(ran.outcomes())


def test_shards_are_a_partition_of_scenarios_and_tests(rig: Rig) -> None:
    for number in range(8):
        rig.scenario(f"s{number}")
    rig.write(
        "test_m.py", "import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_n(n): pass\n"
    )
    parts = []
    for index in (1, 2, 3):
        ran = rig.run(".", "--shard", f"{index}/3")
        assert ran.code == 0, ran.said
        assert {record.shard for record in ran.records()} == {index}
        assert [event.shards for event in ran.events(RunStarted)] == [3]
        summary = ran.summary()
        assert (summary["shard"], summary["shards"]) == (index, 3)
        assert f"shard {index}/3" in ran.out
        parts.append(ids(ran))
    assert sum(len(part) for part in parts) == 14
    assert set().union(*parts) == ids(rig.run("."))


def test_the_number_of_a_shard_can_come_from_an_indexed_job(rig: Rig) -> None:
    for number in range(4):
        rig.scenario(f"s{number}")
    written = ids(rig.run(".", "--shard", "2/2"))
    environment = {"AGENTRIG_RUN_SHARD": "/2", "JOB_COMPLETION_INDEX": "1"}
    assert ids(rig.run(".", env=environment)) == written


def test_selection_comes_before_the_split(suite: Rig) -> None:
    parts = [ids(suite.run(".", "-t", "smoke", "--shard", f"{index}/2")) for index in (1, 2)]
    assert parts[0] | parts[1] == {"a", "b", "test_m.py::test_both"}
    assert not parts[0] & parts[1]


def test_an_empty_shard_passes_and_says_why(rig: Rig) -> None:
    rig.scenario("a")
    codes, said = [], []
    for index in (1, 2, 3):
        ran = rig.run(".", "--shard", f"{index}/3")
        codes.append(ran.code)
        said.append(
            f"shard {index}/3 has nothing to run: all 1 planned are in other shards" in ran.out
        )
        assert ran.summary()["outcome"] == "passed"
    assert codes == [0, 0, 0]
    assert sorted(said) == [False, True, True]
    assert rig.run(".", "-k", "nosuch", "--shard", "1/3").code == 5


@pytest.mark.parametrize("kind", ["summary.json", "events.jsonl"])
def test_recorded_times_split_evenly(rig: Rig, kind: str) -> None:
    for name in ("long", "x", "y", "z"):
        rig.scenario(name)
    ran = rig.run(".")
    for name in ("summary.json", "events.jsonl"):
        text = (ran.results / name).read_text()
        for scenario in ran.summary()["scenarios"]:
            spent = 30.0 if scenario["id"] == "long.yaml" else 10.0
            text = text.replace(f'"elapsed_ms": {scenario["elapsed_ms"]}', f'"elapsed_ms": {spent}')
            text = text.replace(f'"elapsed_ms":{scenario["elapsed_ms"]}', f'"elapsed_ms":{spent}')
        (rig.folder / name).write_text(text)
    parts = [ids(rig.run(".", "--shard", f"{n}/2", "--durations", kind)) for n in (1, 2)]
    assert parts == [{"long"}, {"x", "y", "z"}]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--shard", "0/2"], "--shard '0/2': there is no number 0 of 2: the first is 1/2"),
        (["--shard", "half"], "--shard 'half': write I/N, such as 2/4"),
        (["--shard", "/2"], "'/2' needs JOB_COMPLETION_INDEX"),
        (["--durations", "a.yaml"], "--durations splits a run: say --shard I/N as well"),
        (["--shard", "1/2", "--durations", "nosuch"], "cannot read 'nosuch': No such file"),
        (["--shard", "1/2", "--durations", "a.yaml"], "'a.yaml' is neither a summary.json nor"),
        (["--shard", "1/2", "--durations", "list.json"], "'list.json' is neither a summary.json"),
        (["--repeat", "2", "--retry-failed", "1"], "choose one of them"),
        (["--repeat-for", "soon"], "--repeat-for: 'soon' is no duration"),
        (["--repeat-for", "99999999d"], "--repeat-for: '99999999d' is too long: 36500d at most"),
        (["--rate", "proxy"], "--rate 'proxy': it has no '='"),
        (["--slo", "p95=1"], "did you mean 'p95_ms'?"),
        (["--maxfail", "0"], "--maxfail"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_cannot_be_followed_are_told(rig: Rig, args: list[str], said: str) -> None:
    rig.scenario("a")
    rig.write("list.json", json.dumps({"scenarios": [1, 2]}))
    ran = rig.here("run", "a.yaml", *args)
    assert ran.code == 4, ran.said
    assert said in ran.err
    assert not ran.results.exists()


def test_the_plan_is_printed_and_nothing_runs(
    rig: Rig, agent: AgentServer, request: pytest.FixtureRequest
) -> None:
    rig.scenario("a", tags=["smoke"], locks=["audit", "db"], serial=True)
    rig.scenario("b", skip="needs a GPU")
    rig.scenario("c", xfail="issue 7")
    text = "agent: coach\nsteps:\n  - {path: /}\n  - {endpoint: control, path: /}\n  - {path: /}\n"
    rig.write("d/two.yaml", f"name: The first\n{text}---\nname: The second\n{text}")
    rig.write("test_m.py", "import pytest\n@pytest.mark.tag('smoke')\ndef test_one(): pass\n")
    ran = rig.run(".", "--dry-run", "--via", "dns", "--namespace", "team")
    assert (ran.code, ran.err) == (0, ""), ran.said
    check_golden(request.path.parent / "golden/run_dry_run.txt", ran.out)
    assert agent.paths == []
    assert not ran.results.exists()
    assert not list(rig.folder.rglob("ran"))


def test_the_plan_of_a_shard(rig: Rig) -> None:
    for name in "abcd":
        rig.scenario(name)
    whole = [rig.run(".", "--dry-run", "--shard", f"{index}/2").out for index in (1, 2)]
    assert "shard 1/2 of 4" in whole[0]
    assert sum(part.count("The scenario ") for part in whole) == 4


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["-k", "nosuch"], 5, "would run: nothing"),
        (["broken.yaml"], 4, "did you mean 'steps'?"),
        (["noaddress.yaml"], 4, "no address for target 'proxy'"),
        (["-t", "and"], 4, "'-t'"),
    ],
)
def test_a_plan_that_cannot_be_made_is_told(
    rig: Rig, args: list[str], code: int, said: str
) -> None:
    rig.scenario("a")
    rig.write("broken.yaml", "name: broken\nstepz: []\n")
    rig.write("noaddress.yaml", "name: n\nsteps: [{path: /}]\n")
    paths = [] if args[0].endswith(".yaml") else ["a.yaml"]
    ran = rig.run(*paths, *args, "--dry-run")
    assert ran.code == code, ran.said
    assert said in ran.out + ran.err
    assert not ran.results.exists()
