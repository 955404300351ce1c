"""`agentrig launch` on a real cluster: every ending, and what is left behind by each."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from junitparser import JUnitXml

from e2e.commands import IMAGE, WITHIN_S, get, kubectl, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ROOT_ANSWERS = (
    "name: The root answers\nagent: gymcoach\nsteps: [{path: /, expect: {status: 200}}]\n"
)
SLOW = "name: Slow\nagent: gymcoach\nsteps: [{wait: 15s}, {path: /}]\n"


@dataclass(frozen=True)
class Launcher:
    """Calls `agentrig launch` in a folder, against a namespace of its own."""

    folder: Path
    namespace: str
    agents: str

    def values(self, values: Mapping[str, Any], *, file: str = "values.yaml") -> str:
        merged = {
            "image": IMAGE,
            **values,
            "run": {"namespace": self.agents, **values.get("run", {})},
        }
        path = self.folder / file
        path.write_text(yaml.safe_dump(merged), encoding="utf-8")
        return str(path)

    def args(self, *args: str, results: str = "results") -> list[str]:
        return [*args, "-n", self.namespace, "--results", str(self.folder / results)]

    def launch(self, *args: str, results: str = "results") -> subprocess.CompletedProcess[str]:
        return run("agentrig", "launch", *self.args(*args, results=results), check=False)

    def start(self, *args: str, **kwargs: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["agentrig", "launch", *self.args(*args)], **kwargs)

    def summary(self, results: str = "results") -> Any:
        return json.loads((self.folder / results / "summary.json").read_text(encoding="utf-8"))

    def left(self) -> list[str]:
        """List what is there that Helm has made."""
        kinds = "jobs,configmaps,serviceaccounts,secrets"
        return (
            kubectl(
                "get",
                kinds,
                "-n",
                self.namespace,
                "-o",
                "name",
                "-l",
                "app.kubernetes.io/managed-by=Helm",
            ).split()
            + run("helm", "list", "-q", "-n", self.namespace).stdout.split()
        )

    def until_running(self, release: str) -> None:
        """Wait until a pod of the release runs."""
        selector = ("-n", self.namespace, "-l", f"app.kubernetes.io/instance={release}")
        deadline = time.monotonic() + WITHIN_S
        phases = ""
        while "Running" not in phases:
            assert time.monotonic() < deadline, phases
            time.sleep(0.2)
            phases = kubectl("get", "pods", *selector, "-o", "jsonpath={.items[*].status.phase}")


@pytest.fixture
def launcher(tmp_path: Path, namespace: str, demo: str) -> Launcher:
    return Launcher(tmp_path, namespace, demo)


def inline(**files: str) -> dict[str, Any]:
    return {"scenarios": {"inline": {name + ".yaml": text for name, text in files.items()}}}


def test_a_passing_suite_leaves_its_results_and_nothing_else(launcher: Launcher) -> None:
    done = launcher.launch("-f", launcher.values(inline(root=ROOT_ANSWERS)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed: 1 passed" in done.stdout
    summary = launcher.summary()
    assert (summary["outcome"], summary["counts"]) == ("passed", {"passed": 1})
    assert summary["run"].startswith("run-")
    junit = JUnitXml.fromfile(str(launcher.folder / "results" / "junit.xml"))
    assert (junit.tests, junit.failures, junit.errors) == (1, 0, 0)
    assert len(list((launcher.folder / "results" / "logs").glob("*.log"))) == 1
    assert launcher.left() == []


def test_files_of_this_machine_fail_with_their_code(launcher: Launcher) -> None:
    suite = launcher.folder / "suite"
    suite.mkdir()
    (suite / "teapot.yaml").write_text(ROOT_ANSWERS.replace("200", "418"), encoding="utf-8")
    (suite / "root.yaml").write_text(ROOT_ANSWERS, encoding="utf-8")
    done = launcher.launch("mine", "-f", launcher.values({}), "--scenarios", str(suite), "--logs")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "expected status 418, got 200" in done.stdout
    assert "--- log of pod mine-agentrig-run-1-" in done.stdout
    assert "BEGIN AGENTRIG JOURNAL" not in done.stdout
    assert launcher.summary()["counts"] == {"passed": 1, "failed": 1}
    assert launcher.left() == []


def test_all_that_is_missing_is_named_and_nothing_is_installed(launcher: Launcher) -> None:
    values = {
        **inline(root=ROOT_ANSWERS.replace("gymcoach", "gymcoch")),
        "env": {"KEY": {"secretKeyRef": {"name": "llm", "key": "api-key"}}},
        "serviceAccount": {"create": False, "name": "nobody"},
        "resources": {"limits": {"cpu": "4", "memory": "1Gi"}},
    }
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small"},
        "spec": {"hard": {"limits.cpu": "1"}},
    }
    kubectl("apply", "-n", launcher.namespace, "-f", "-", stdin=json.dumps(quota))
    done = launcher.launch("-f", launcher.values(values))
    assert done.returncode == 3, done.stdout + done.stderr
    for said in (
        f"secret 'llm' does not exist in namespace {launcher.namespace}",
        f"service 'gymcoch' does not exist in namespace {launcher.agents}",
        "did you mean 'gymcoach'?",
        f"serviceaccount 'nobody' does not exist in namespace {launcher.namespace}",
        "exceeded quota: small",
        "4 things are in the way of this run, and nothing was installed",
    ):
        assert said in done.stderr
    assert launcher.left() == []


def test_few_rights_are_told_as_rules_of_a_role(
    launcher: Launcher, account: Callable[..., Path]
) -> None:
    config = account([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}])
    values = launcher.values(inline(root=ROOT_ANSWERS))
    done = launcher.launch("-f", values, "--kubeconfig", str(config))
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"this account may not, in namespace {launcher.namespace}: " in done.stderr
    assert "{apiGroups: [batch], resources: [jobs], verbs: [create, delete, get" in done.stderr
    assert f"service gymcoach in namespace {launcher.agents}" in done.stderr
    assert launcher.left() == []


def test_a_run_that_is_kept_is_found_again_listed_and_cleaned_up(launcher: Launcher) -> None:
    values = launcher.values(inline(root=ROOT_ANSWERS, teapot=ROOT_ANSWERS.replace("200", "418")))
    done = launcher.launch("kept", "-f", values, "--keep")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"agentrig attach kept -n {launcher.namespace}" in done.stderr

    again = run("agentrig", "attach", *launcher.args("kept", results="again"), check=False)
    assert again.returncode == 1, again.stdout + again.stderr
    assert launcher.summary("again")["counts"] == launcher.summary()["counts"]

    listed = run("agentrig", "runs", "-n", launcher.namespace).stdout
    assert listed.splitlines()[1].split()[:3] == ["kept", "kept-agentrig-run-1", "job"]
    assert "1 passed, 1 failed" in listed
    everywhere = json.loads(run("agentrig", "runs", "-A", "--json").stdout)
    (ours,) = [one for one in everywhere if one["namespace"] == launcher.namespace]
    assert (ours["outcome"], ours["counts"]) == ("failed", {"passed": 1, "failed": 1})

    cleanup = ("agentrig", "cleanup", "-n", launcher.namespace, "--older-than")
    assert "0 of 1 launched releases are old enough" in run(*cleanup, "1h").stdout
    assert "would uninstall kept" in run(*cleanup, "1ms", "--dry-run").stdout
    assert launcher.left() != []
    assert "uninstalled kept" in run(*cleanup, "1ms").stdout
    assert launcher.left() == []


def test_a_release_that_helm_installed_is_attached_to_but_never_cleaned_up(
    launcher: Launcher, install: Any
) -> None:
    release = install(inline(root=ROOT_ANSWERS), name="by-hand")
    done = run("agentrig", "attach", *launcher.args(release.name), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    run("agentrig", "cleanup", "-n", launcher.namespace, "--older-than", "1ms")
    assert "by-hand" in launcher.left()


def test_an_interrupted_launch_uninstalls_in_a_ci_job(launcher: Launcher) -> None:
    values = launcher.values(inline(quick=ROOT_ANSWERS, slow=SLOW))
    process = launcher.start("stopped", "-f", values, stdin=subprocess.DEVNULL)
    launcher.until_running("stopped")
    time.sleep(2)  # for the quick one
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=WITHIN_S) == 2
    assert launcher.left() == []
    # The runner reports when it is told to end, and that is waited for.
    summary = launcher.summary()
    assert summary["counts"] == {"passed": 1, "interrupted": 1}
    assert summary["exit_code"] == 2


def test_an_interrupted_launch_leaves_the_run_where_it_is_told_to(launcher: Launcher) -> None:
    values = launcher.values(inline(slow=SLOW))
    process = launcher.start("left", "-f", values, "--on-interrupt", "leave")
    launcher.until_running("left")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=WITHIN_S) == 2
    assert get("job", "left-agentrig-run-1", launcher.namespace)["status"]["active"] == 1
    running = run("agentrig", "runs", "-n", launcher.namespace).stdout
    assert "running" in running.splitlines()[1]
    assert (
        "0 of 1"
        in run("agentrig", "cleanup", "-n", launcher.namespace, "--older-than", "1ms").stdout
    )
    done = run("agentrig", "attach", *launcher.args("left"), check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("typed", "left"), [(b"u\n", False), (b"l\n", True), (b"\x03", True)], ids=["u", "l", "ctrl-c"]
)
def test_ctrl_c_on_a_terminal_asks(launcher: Launcher, typed: bytes, *, left: bool) -> None:
    values = launcher.values(inline(slow=SLOW))
    with terminal(["agentrig", "launch", *launcher.args("asked", "-f", values)]) as screen:
        launcher.until_running("asked")
        screen.type(b"\x03")
        screen.until(b"(l)eave it running, (u)ninstall it, or (g)o on watching")
        screen.type(typed)
        assert screen.ended(again=typed) == 2
    assert ("asked" in launcher.left()) is left


class Screen:
    """A process on a terminal of its own."""

    def __init__(self, pid: int, file: int) -> None:
        self._pid = pid
        self._file = file
        self._seen = b""

    def type(self, keys: bytes) -> None:
        os.write(self._file, keys)

    def until(self, wanted: bytes) -> None:
        deadline = time.monotonic() + WITHIN_S
        while wanted not in self._seen:
            assert time.monotonic() < deadline, self._seen
            self._read()

    def ended(self, *, again: bytes) -> int:
        """Wait for the end; type once more what came before anybody read it."""
        while self._read():
            if not select.select([self._file], [], [], 2.0)[0]:
                with suppress(OSError):
                    self.type(again)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self) -> bool:
        """Read what there is; give False at the end."""
        if select.select([self._file], [], [], 1.0)[0]:
            try:
                found = os.read(self._file, 65536)
            except OSError:  # Linux says so at the end
                return False
            self._seen += found
            return bool(found)
        return True


class terminal:  # noqa: N801  # used as a function
    """Starts a command on a terminal, and closes it at the end."""

    def __init__(self, command: list[str]) -> None:
        self._command = command

    def __enter__(self) -> Screen:
        pid, self._file = pty.fork()
        if pid == 0:
            os.execvp(self._command[0], self._command)
        return Screen(pid, self._file)

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def test_two_runs_at_once_do_not_meet(launcher: Launcher) -> None:
    values = launcher.values(inline(root=ROOT_ANSWERS))
    with ThreadPoolExecutor(2) as pool:
        both = list(
            pool.map(lambda name: launcher.launch("-f", values, results=name), ["one", "two"])
        )
    assert [done.returncode for done in both] == [0, 0], both[0].stderr + both[1].stderr
    assert launcher.summary("one")["run"] != launcher.summary("two")["run"]
    assert launcher.left() == []


def test_a_release_of_another_is_never_undone(launcher: Launcher, install: Any) -> None:
    install(inline(root=ROOT_ANSWERS), name="theirs")
    values = launcher.values(inline(root=ROOT_ANSWERS))
    done = launcher.launch("theirs", "-f", values, "--no-preflight")
    assert done.returncode == 3
    assert "cannot reuse a name that is still in use" in done.stderr
    assert "theirs" in launcher.left()


@pytest.fixture
def account(launcher: Launcher) -> Callable[..., Path]:
    """Give `account(rules)`: a kubeconfig of an account with a Role of these rules."""

    def make(rules: list[dict[str, Any]]) -> Path:
        api = "rbac.authorization.k8s.io"
        name = {"name": "few-rights"}
        objects: list[dict[str, Any]] = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": name},
            {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": name, "rules": rules},
            {
                "apiVersion": f"{api}/v1",
                "kind": "RoleBinding",
                "metadata": name,
                "subjects": [{"kind": "ServiceAccount", **name, "namespace": launcher.namespace}],
                "roleRef": {"apiGroup": api, "kind": "Role", **name},
            },
        ]
        for one in objects:
            kubectl("apply", "-n", launcher.namespace, "-f", "-", stdin=json.dumps(one))
        token = kubectl("create", "token", "few-rights", "-n", launcher.namespace).strip()
        config = yaml.safe_load(kubectl("config", "view", "--raw", "--flatten", "-o", "yaml"))
        config["users"] = [
            {"name": one["name"], "user": {"token": token}} for one in config["users"]
        ]
        file = launcher.folder / "kubeconfig"
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        return file

    return make
