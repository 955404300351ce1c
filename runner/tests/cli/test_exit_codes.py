"""Every exit code by a real run."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from agentrig.events import RunFinished
from tests.support.rig import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.rig import Ran, Rig

NOT_SCENARIO = "name: broken\nstepz: []\n"


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def test_0_when_all_passed(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("test_b.py", "def test_b():\n    pass\n")
    ran = rig.run(".")
    assert ran.code == 0, ran.said
    assert ran.summary()["outcome"] == "passed"
    assert ran.outcomes() == {"a": "passed", "test_b.py::test_b": "passed"}


def test_1_when_one_failed(rig: Rig) -> None:
    rig.scenario("a")
    rig.scenario("b", "/status/500")
    ran = rig.run(".")
    assert (ran.code, ran.outcomes()) == (1, {"a": "passed", "b": "failed"}), ran.said


def test_1_when_one_failed_and_infrastructure_broke_as_well(rig: Rig, closed_port: int) -> None:
    rig.scenario("a", "/status/500")
    rig.url = f"http://127.0.0.1:{closed_port}"
    rig.scenario("b")
    ran = rig.run(".")
    assert (ran.code, ran.outcomes()) == (1, {"a": "failed", "b": "error"}), ran.said


def test_3_names_url_service_and_namespace_of_a_target_out_of_reach(rig: Rig) -> None:
    rig.write(
        "a.yaml", "name: a\nagent: nobody\nsteps:\n  - path: /health\n    expect: {status: 200}\n"
    )
    ran = rig.run("a.yaml", "--via", "dns", "--namespace", "nowhere")
    assert ran.code == 3, ran.said
    for part in (
        "http://nobody.nowhere.svc.cluster.local:4000",
        "service nobody",
        "namespace nowhere",
    ):
        assert part in ran.out
    assert ran.summary()["outcome"] == "error"


def test_3_when_nobody_listens(rig: Rig, closed_port: int) -> None:
    rig.url = f"http://127.0.0.1:{closed_port}"
    rig.scenario("a")
    ran = rig.run("a.yaml")
    assert ran.code == 3, ran.said
    assert f"cannot reach http://127.0.0.1:{closed_port}" in ran.out
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nosuch.yaml"], "nosuch.yaml"),
        (["a.yaml", "-k", "a and"], "-k"),
        (["a.yaml", "-c", "0"], "-c"),
        (["a.yaml", "--via", "pigeon"], "pigeon"),
        (["a.yaml", "--target", "proxy"], "--target 'proxy'"),
        (["a.yaml", "--nosuch"], "--nosuch"),
        (["a.yaml", "--", "--nosuch"], "--nosuch"),
        ([], "PATH"),
        (["broken.yaml"], "did you mean 'steps'?"),
        (["noaddress.yaml"], "no address for target 'proxy'"),
        (["test_syntax.py"], "SyntaxError"),
        (["test_import.py"], "No module named 'nosuchmodule'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_4_says_what_is_wrong(rig: Rig, args: list[str], said: str) -> None:
    rig.scenario("a")
    rig.write("broken.yaml", NOT_SCENARIO)
    rig.write("noaddress.yaml", "name: n\nsteps: [{path: /}]\n")
    rig.write("test_syntax.py", "def test_(:\n")
    rig.write("test_import.py", "import nosuchmodule\n")
    ran = rig.run(*args)
    assert ran.code == 4, ran.said
    assert said in ran.out + ran.err, ran.said
    assert "Traceback" not in ran.err
    # What the command line itself refuses begins no run; all else leaves a report.
    assert not ran.results.exists() or ran.summary()["exit_code"] == 4


def test_4_before_anything_runs(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("broken.yaml", NOT_SCENARIO)
    rig.write("test_b.py", "open('ran', 'w')\ndef test_b():\n    open('ran', 'w')\n")
    (rig.folder / "test_b.py").write_text("def test_b():\n    open('ran', 'w').close()\n")
    ran = rig.run(".")
    assert ran.code == 4, ran.said
    assert not (rig.folder / "ran").exists()
    assert ran.summary()["outcome"] == "invalid"
    assert ran.junit().tests == 0


def test_4_names_every_scenario_without_address(rig: Rig) -> None:
    for name in "ab":
        rig.write(f"{name}.yaml", "name: n\nsteps: [{path: /}, {endpoint: control, path: /}]\n")
    ran = rig.run(".")
    assert ran.code == 4, ran.said
    for part in (
        "a.yaml: no address for target 'proxy'",
        "b.yaml: no address for target 'control'",
    ):
        assert part in ran.out


@pytest.mark.parametrize("args", [["-k", "zzz"], ["--", "-m", "nosuch"]], ids=" ".join)
def test_5_when_nothing_is_selected(rig: Rig, args: list[str]) -> None:
    rig.scenario("a")
    ran = rig.run(".", *args)
    assert ran.code == 5, ran.said
    assert "nothing selected" in ran.out
    assert ran.summary()["outcome"] == "empty"
    assert ran.junit().tests == 0


def test_5_of_an_empty_folder(rig: Rig) -> None:
    assert rig.run(".").code == 5


def test_3_when_results_cannot_be_written(rig: Rig) -> None:
    rig.scenario("a")
    rig.write("file", "")
    ran = rig.run("a.yaml", "--results", "file/results")
    assert ran.code == 3, ran.said
    assert ran.err == "error: cannot write results to 'file/results': Not a directory\n"


def test_3_when_one_report_cannot_be_written(rig: Rig) -> None:
    rig.scenario("a")
    (rig.folder / "results/junit.xml").mkdir(parents=True)
    ran = rig.run("a.yaml")
    assert ran.code == 3, ran.said
    assert "error: JunitReporter failed: " in ran.err
    assert "Traceback" not in ran.err
    assert ran.outcomes() == {"a": "passed"}


def test_1_when_a_test_failed_and_a_report_cannot_be_written(rig: Rig) -> None:
    rig.scenario("a", "/status/500")
    (rig.folder / "results/junit.xml").mkdir(parents=True)
    ran = rig.run("a.yaml")
    assert ran.code == 1, ran.said
    assert "error: JunitReporter failed: " in ran.err


def test_3_when_the_terminal_is_a_full_disk(rig: Rig) -> None:
    rig.scenario("a")
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        done = subprocess.run(
            [sys.executable, "-m", "agentrig", "run", "a.yaml"],
            cwd=rig.folder,
            env=clean_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 3, done.stderr
    assert b"error: TerminalReporter failed: " in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_standard_stream_that_is_closed_does_not_matter(rig: Rig, closed: int) -> None:
    rig.scenario("a")
    rig.write("test_b.py", "def test_b():\n    print('x')\n")
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}>&-', "sh", sys.executable, "-m", "agentrig", "run", "."],
        cwd=rig.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("2 passed" in done.stdout) == (closed != 1)


def test_3_when_the_disk_fills_during_the_run(rig: Rig) -> None:
    """The journal ends at what the disk took; the rest of the run goes on and is told."""
    for number in range(20):
        rig.scenario(f"s{number:02}")

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    done = subprocess.run(
        [sys.executable, "-m", "agentrig", "run", "."],
        cwd=rig.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        preexec_fn=small_disk,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "error: JournalReporter failed: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\npassed ") == 20
    report = rig.agentrig("report", "results")
    assert report.code == 3, report.said
    assert "1" in report.out
    assert "not run" in report.out


def test_3_when_the_termination_message_cannot_be_written(rig: Rig) -> None:
    rig.scenario("a")
    ran = rig.run("a.yaml", "--termination-log", "nosuch/folder/log")
    assert ran.code == 3, ran.said
    assert "error: TerminationReporter failed: " in ran.err
    assert ran.outcomes() == {"a": "passed"}


def test_the_last_event_has_the_exit_code(rig: Rig) -> None:
    rig.scenario("a", "/status/500")
    assert [one.exit_code for one in rig.run("a.yaml").events(RunFinished)] == [1]


STEP_KIND = """
    from typing import ClassVar

    from agentrig.steps import Step, StepKind, StepResult


    class Panic(BaseException):
        pass


    class BoomStep(Step):
        kind: ClassVar[str] = "boom"
        boom: str


    async def execute(step, context):
        if step.boom == "error":
            raise KeyError("wires")
        if step.boom == "panic":
            raise Panic("wires")
        if step.boom == "exit":
            raise SystemExit(0)
        if step.boom == "cancelled":
            import asyncio
            raise asyncio.CancelledError
        return StepResult(checks=())


    KIND = StepKind(model=BoomStep, execute=execute)
"""


@pytest.fixture
def boom(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """Install a step kind that crashes, through the door of all kinds."""
    site = tmp_path_factory.mktemp("site")
    rig.environment["PYTHONPATH"] = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    _install(site)
    return rig


def _install(site: Path) -> None:
    import textwrap  # noqa: PLC0415

    (site / "boomkind.py").write_text(textwrap.dedent(STEP_KIND))
    info = site / "boomkind-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: boomkind\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[agentrig.steps]\nboom = boomkind:KIND\n")


def _run_boom(rig: Rig, how: str) -> Ran:
    rig.write("a.yaml", f"name: a\nsteps: [{{boom: {how}}}]\n")
    for number in range(3):
        rig.scenario(f"b{number}")
    return rig.run(".", "-c", "1")


@pytest.mark.parametrize("how", ["error", "panic", "exit", "cancelled"])
def test_3_when_a_step_kind_crashes(boom: Rig, how: str) -> None:
    """Whatever a kind raises is the runner's trouble, told with its trace; others go on."""
    ran = _run_boom(boom, how)
    assert ran.code == 3, ran.said
    rest = dict.fromkeys(("b0", "b1", "b2"), "passed")
    assert ran.outcomes() == {"a": "error", **rest}, ran.said
    assert "runner error: " in ran.out
    assert "boomkind.py" in ran.out
    case = next(case for suite in ran.junit() for case in suite if case.name == "a")
    assert "boomkind.py" in case.result[0].text


def test_a_step_kind_of_ones_own_passes(boom: Rig) -> None:
    ran = _run_boom(boom, "not")
    assert ran.code == 0, ran.said
