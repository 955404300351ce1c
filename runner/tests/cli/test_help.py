"""`--help` of every command, and that options can be given in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.support.rig import Rig

COMMANDS = [
    "",
    "compare",
    "fetch",
    "fetch git",
    "fetch packages",
    "fetch s3",
    "init",
    "run",
    "report",
    "report history",
    "report push",
    "report rebuild",
    "report store",
    "lint",
    "launch",
    "attach",
    "runs",
    "cleanup",
    "chart",
    "schema",
    "demo",
    "demo agent",
    "demo playground",
    "demo sidecar",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help(rig: Rig, request: pytest.FixtureRequest, command: str) -> None:
    ran = rig.here(*command.split(), "--help")
    assert (ran.code, ran.err) == (0, ""), ran.said
    name = "_".join(["help", *command.split()])
    check_golden(request.path.parent / f"golden/{name}.txt", ran.out)


def test_the_list_of_commands_repeats_the_first_sentence_of_their_own_help(rig: Rig) -> None:
    listed = rig.here("--help").out.partition("Commands:\n")[2]
    texts = dict(line.strip().split(maxsplit=1) for line in listed.splitlines())
    assert len(texts) == 13
    for command, text in texts.items():
        own = rig.here(command, "--help").out.split("\n\n")[1]
        assert " ".join(own.split()) == text, command


def test_version(rig: Rig) -> None:
    from agentrig import __version__  # noqa: PLC0415

    assert rig.here("--version").out == f"agentrig, version {__version__}\n"


def test_an_unknown_command_exits_with_4(rig: Rig) -> None:
    ran = rig.here("runn")
    assert ran.code == 4
    assert "runn" in ran.err


def test_options_of_run_can_stand_in_the_environment(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nagent: x\nsteps: [{path: /, expect: {status: 200}}]\n")
    rig.write("b.yaml", "name: b\nagent: x\nsteps: [{endpoint: other, path: /}]\n")
    ran = rig.run(
        ".",
        env={
            "AGENTRIG_RUN_TARGET": f"proxy={rig.url} x/other={rig.url}",
            "AGENTRIG_RUN_RESULTS": "results",
            "AGENTRIG_RUN_RUN_ID": "from-the-environment",
            "AGENTRIG_RUN_NAMESPACE": "there",
            "AGENTRIG_RUN_VIA": "dns",
            "AGENTRIG_RUN_CONCURRENCY": "2",
            "AGENTRIG_RUN_TERMINATION_LOG": "last",
            "AGENTRIG_RUN_LOG_JOURNAL": "true",
            "AGENTRIG_RUN_COLOR": "true",
            "AGENTRIG_RUN_CLUSTER_DOMAIN": "",
        },
    )
    assert ran.code == 0, ran.said
    summary = ran.summary()
    assert [summary[key] for key in ("run", "namespace", "via")] == [
        "from-the-environment",
        "there",
        "dns",
    ]
    assert (rig.folder / "last").exists()
    assert "-----BEGIN AGENTRIG JOURNAL" in ran.out
    assert "\x1b[" in ran.out


@pytest.mark.parametrize("option", ["-x", "-k nosuch", "--no-color", "--context=none"])
def test_other_options_of_run(rig: Rig, option: str) -> None:
    rig.scenario("a")
    ran = rig.run("a.yaml", *option.split())
    assert ran.code == (5 if option.startswith("-k") else 0), ran.said


def test_exitfirst_leaves_the_rest_not_run(rig: Rig) -> None:
    rig.scenario("a", "/status/500")
    rig.scenario("b", "/hold")
    rig.scenario("c")
    ran = rig.run(".", "-x", "-c", "1")
    assert (ran.code, ran.outcomes()["a"]) == (1, "failed"), ran.said
    assert set(ran.outcomes().values()) <= {"failed", "interrupted", "not_run"}
