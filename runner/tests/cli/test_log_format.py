"""`agentrig run --log-format`: what a pod's log holds, from its first line to its last."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.reporters import find_blocks, read_journal
from agentrig.reporters.log import read_log_line
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from tests.support.agent_server import AgentServer
    from tests.support.rig import Ran, Rig

FORMATS = pytest.mark.parametrize("log_format", ["text", "json"])
SECRET = "s3cr3t-of-the-agent"


def objects(ran: Ran) -> list[dict[str, Any]]:
    """Read a log of which every single line must be an object with the three keys of all."""
    assert ran.err == "", ran.said
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert found
    for one in found:
        assert {"time", "level", "message"} <= one.keys(), one
        assert one["level"] in {"info", "warn", "error"}
    return found


def errors(ran: Ran) -> list[str]:
    return [one["message"] for one in objects(ran) if one["level"] == "error"]


@FORMATS
def test_a_log_holds_the_progress_and_the_journal(rig: Rig, log_format: str) -> None:
    rig.scenario("a")
    rig.scenario("b", status=201)
    rig.write("test_c.py", "def test_c():\n    print('captured')\n")
    ran = rig.run(".", "-c", "1", "--log-format", log_format, "--log-journal")
    assert ran.code == 1, ran.said
    read = [one for line in ran.out.splitlines() if (one := read_log_line(line))]
    assert [(one.planned, one.exit_code) for one in (read[0], read[-1])] == [(3, None), (None, 1)]
    assert [(one.finished, one.scenario, one.outcome) for one in read[1:-1]] == [
        (1, "a.yaml", "passed"),
        (2, "b.yaml", "failed"),
        (3, "test_c.py::test_c", "passed"),
    ]
    [journal] = find_blocks(ran.out, name="log")
    assert [*read_journal(journal, name="log")] == ran.records()
    assert "\x1b" not in ran.out
    if log_format == "json":
        objects(ran)


@FORMATS
def test_the_environment_asks_for_a_log(rig: Rig, log_format: str) -> None:
    rig.scenario("a")
    ran = rig.run("a.yaml", env={"AGENTRIG_RUN_LOG_FORMAT": log_format})
    assert ran.code == 0
    assert [one.kind for line in ran.out.splitlines() if (one := read_log_line(line))] == [
        "run.started",
        "scenario.finished",
        "run.finished",
    ]


def test_a_log_of_text_reads_well(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.scenario("a", "/ok")
    rig.scenario("b", "/ok", status=201)
    rig.scenario("c", skip="not today")
    ran = rig.run(".", "-c", "1", "--log-format", "text", "--run-id", "run-42", "--shard", "1/1")
    golden = request.path.parent / "golden/run_log_text.txt"
    check_golden(golden, ran.out.replace(_python(ran), "PYTHON"))


def _python(ran: Ran) -> str:
    version: str = ran.records()[0].event.python_version  # type: ignore[attr-defined]  # RunStarted
    return version


NOISY = """
import os, subprocess, sys, warnings

print("while it is imported")
subprocess.run(["sh", "-c", "echo of a process; echo its trouble >&2"], check=True)

def test_noise():
    print("ends without a line", end="")
    sys.stderr.write("x" * 10_000 + "\\n")
    os.write(1, b"bytes \\xff\\n")
    warnings.warn("of no consequence")
"""


def test_whatever_is_printed_becomes_objects(rig: Rig) -> None:
    rig.write("conftest.py", "print('of conftest.py')\n")
    rig.write("test_noise.py", NOISY)
    ran = rig.run(".", "--log-format", "json", "--", "-s")
    assert ran.code == 0, ran.said
    found = objects(ran)
    said = {one["message"]: one["level"] for one in found}
    assert said["of conftest.py"] == "info"
    assert said["while it is imported"] == "info"
    assert said["of a process"] == "info"
    assert said["its trouble"] == "warn"
    assert "ends without a linebytes \ufffd" in said
    lines = [one["message"] for one in found if set(one["message"]) == {"x"}]
    assert sum(map(len, lines)) == 10_000


WRONG = {
    "an option": (["a.yaml", "--foo"], 4, "No such option '--foo'"),
    "a path": (["nope.yaml"], 4, "ERROR: file or directory not found: nope.yaml"),
    "a file": (["bad.yaml"], 4, "run finished, exit code 4, invalid"),
    "a configuration": (["a.yaml", "--target", "x"], 4, "--target"),
    "results": (["a.yaml", "--results", "a.yaml/r"], 3, "cannot write results to 'a.yaml/r'"),
    "a shard": (["a.yaml", "--shard", "3/2"], 4, "--shard"),
    "a reporter": (["a.yaml", "--reporter", "nobody"], 4, "there is no reporter 'nobody'"),
    "a conftest": (["broken"], 4, "ImportError while loading conftest"),
    "a selection": (["a.yaml", "-k", "and"], 4, "Wrong expression passed to '-k'"),
    "nothing": (["a.yaml", "-k", "nobody"], 5, "run finished, exit code 5, empty"),
}


@pytest.mark.parametrize("what", WRONG)
def test_every_error_is_an_object(rig: Rig, what: str) -> None:
    rig.scenario("a", skip="there is no agent")
    rig.write("bad.yaml", "name: bad\nstepz: []\n")
    rig.write("broken/conftest.py", "import nowhere\n")
    args, code, words = WRONG[what]
    ran = rig.run(*args, "--log-format", "json")
    assert ran.code == code, ran.said
    assert [one for one in objects(ran) if words in one["message"]], ran.said


def test_mistakes_of_the_configuration_have_their_places(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("agentrig.yaml", "via: teleport\nnamespaces: x\n")
    ran = rig.run("a.yaml", "--log-format", "json")
    assert ran.code == 4, ran.said
    places = [one["file"] for one in objects(ran)]
    assert places == [{"path": "agentrig.yaml", "line": 1}, {"path": "agentrig.yaml", "line": 2}]


def test_a_crash_is_one_object_with_its_trace(rig: Rig) -> None:
    rig.scenario("a")
    rig.write(
        "crash.py",
        """
        import agentrig.cli.run
        from agentrig.cli import main, run

        def boom(*_):
            raise RuntimeError("boom of https://me:pass@host/")

        run.schedule_of = boom
        main(["run", "a.yaml", "--log-format=json"])
        """,
    )
    ran = rig.python("crash.py")
    assert ran.code == 3, ran.said
    [one] = objects(ran)
    assert one["message"] == "RuntimeError: boom of https://[redacted]@host/"
    assert "in boom" in one["error"]["stack_trace"]
    assert "me:pass" not in ran.out


def test_a_dying_interpreter_has_its_last_words(rig: Rig) -> None:
    rig.write("test_a.py", "import os\n\ndef test_a():\n    os.abort()\n")
    ran = rig.run(".", "--log-format", "json")
    assert ran.code < 0
    assert "in test_a" in ran.err
    assert read_log_line(ran.out.splitlines()[0])


@FORMATS
def test_secrets_are_hidden(rig: Rig, log_format: str) -> None:
    rig.scenario("a", f"/ok?token=query-{SECRET}", "/${secret.KEY}", status=201)
    words = (f"Authorization: Bearer header-{SECRET}", f"the key is {SECRET}")
    rig.write("test_b.py", f"def test_b():\n    print({words[0]!r})\n    print({words[1]!r})\n")
    ran = rig.run(".", "--log-format", log_format, "--", "-s", env={"KEY": SECRET})
    assert ran.code == 1, ran.said
    lines = [line for line in ran.out.splitlines() if SECRET in line]
    # What others print is theirs, where it is left as it is.
    assert lines == ([] if log_format == "json" else [*words])


def test_what_is_said_after_the_run_is_not_lost(rig: Rig) -> None:
    rig.write(
        "test_a.py", "import atexit\natexit.register(print, 'good bye')\ndef test_a(): pass\n"
    )
    ran = rig.run(".", "--log-format", "json")
    assert ran.code == 0, ran.said
    assert ran.out.splitlines()[-1] == "good bye"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
@FORMATS
def test_a_signal_is_told_of(
    rig: Rig, agent: AgentServer, log_format: str, number: signal.Signals
) -> None:
    rig.scenario("a", "/hold")
    rig.scenario("b")
    with rig.started(".", "-c", "1", "--log-format", log_format, "--log-journal") as process:
        agent.wait_for(1)
        process.send_signal(number)
        ran = rig.ended(process)
    assert ran.code == 2, ran.said
    assert f"{number.name}: the run ends now" in ran.out
    assert find_blocks(ran.out, name="log")
    read = [one for line in ran.out.splitlines() if (one := read_log_line(line))]
    assert [one.outcome for one in read[1:-1]] == ["not_run", "interrupted"]
    assert read[-1].exit_code == 2
    if log_format == "json":
        objects(ran)


def test_a_dry_run_prints_its_plan_as_objects(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.run(".", "--dry-run", "--log-format", "json")
    assert ran.code == 0, ran.said
    assert "would run: 1 scenario" in [one["message"] for one in objects(ran)]
