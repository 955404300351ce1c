"""A namespace for each test, the demo's agents for all, and the commands that users would type."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "agentrig"
DEMO_CHART = ROOT / "charts" / "demo-agents"
IMAGE = {"repository": "localhost/agentrig", "tag": "dev", "pullPolicy": "Never"}
DEMO_IMAGE = {"repository": "localhost/agentrig-demo", "tag": "dev", "pullPolicy": "Never"}
DEMO_NAMESPACE = "demo"
# One node with two processors: a run starts, waits for its turn, and ends well within this.
WITHIN_S = 180


def run(
    *command: str, check: bool = True, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would, and fail with what it printed."""
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        input=stdin,
        cwd=ROOT,
        timeout=WITHIN_S * 2,
    )
    if check and done.returncode:
        pytest.fail(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def kubectl(*args: str, check: bool = True, stdin: str | None = None) -> str:
    """Run kubectl and give what it printed."""
    return run("kubectl", *args, check=check, stdin=stdin).stdout


def get(kind: str, name: str, namespace: str) -> Any:
    """Read one object."""
    return json.loads(kubectl("get", kind, name, "-n", namespace, "-o", "json"))


@dataclass(frozen=True)
class Release:
    """An installed release of the chart."""

    name: str
    namespace: str

    def job(self) -> str:
        """Name the release's Job."""
        jobs = kubectl(
            *("get", "jobs", "-n", self.namespace, "-o", "name"),
            *("-l", f"app.kubernetes.io/instance={self.name}"),
        )
        return jobs.split()[0].removeprefix("job.batch/")

    def pods(self) -> list[Any]:
        """List the release's pods."""
        found = kubectl(
            *("get", "pods", "-n", self.namespace, "-o", "json"),
            *("-l", f"app.kubernetes.io/instance={self.name}"),
        )
        pods: list[Any] = json.loads(found)["items"]
        return pods


@dataclass(frozen=True)
class Finished:
    """A Job that is over: its condition, its pods, and the log of the last one."""

    condition: Mapping[str, str]
    pods: list[Any]
    log: str

    @property
    def exit_codes(self) -> list[int]:
        """The runner's exit code in each pod."""
        return [self._terminated(pod)["exitCode"] for pod in self.pods]

    @property
    def termination(self) -> Any:
        """The termination message of the last pod."""
        return json.loads(self._terminated(self.pods[-1])["message"])

    @staticmethod
    def _terminated(pod: Any) -> Any:
        return pod["status"]["containerStatuses"][0]["state"]["terminated"]


def finish(name: str, namespace: str) -> Finished:
    """Wait until a Job is Complete or Failed."""
    kubectl(
        *("wait", f"job/{name}", "-n", namespace, f"--timeout={WITHIN_S}s"),
        # The condition's status flips to True for either end; kubectl waits for one, jsonpath for both.
        "--for=jsonpath={.status.conditions[?(@.status=='True')].type}",
    )
    kubectl(
        *("wait", "pod", "-n", namespace, f"--timeout={WITHIN_S}s", "-l", f"job-name={name}"),
        "--for=jsonpath={.status.containerStatuses[0].state.terminated}",
    )
    conditions = get("job", name, namespace)["status"]["conditions"]
    ended = [c for c in conditions if c["type"] in {"Complete", "Failed"}]
    if not ended:
        kubectl(
            *("wait", f"job/{name}", "-n", namespace, f"--timeout={WITHIN_S}s"),
            "--for=jsonpath={.status.conditions[1].status}=True",
        )
        ended = [
            c
            for c in get("job", name, namespace)["status"]["conditions"]
            if c["type"] in {"Complete", "Failed"}
        ]
    pods = json.loads(
        kubectl("get", "pods", "-n", namespace, "-l", f"job-name={name}", "-o", "json")
    )
    in_order = sorted(pods["items"], key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    log = kubectl("logs", in_order[-1]["metadata"]["name"], "-n", namespace)
    return Finished(condition=ended[-1], pods=in_order, log=log)


@pytest.fixture(scope="session")
def demo() -> str:
    """The five agents, in a namespace that enforces `restricted`; give its name."""
    make_namespace(DEMO_NAMESPACE)
    values = yaml.safe_dump({"image": DEMO_IMAGE})
    run(
        *("helm", "upgrade", "--install", "demo", str(DEMO_CHART), "-n", DEMO_NAMESPACE),
        *("-f", "-", "--wait", "--timeout", f"{WITHIN_S}s"),
        stdin=values,
    )
    return DEMO_NAMESPACE


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace of the test's own that enforces `restricted`."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    make_namespace(name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def make_namespace(name: str) -> None:
    """Make a namespace whose pods must conform to the restricted Pod Security Standard."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        },
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


@pytest.fixture
def install(namespace: str, demo: str) -> Iterator[Any]:
    """Give `install(values)`: install the chart against the demo's agents."""
    installed: list[str] = []

    def make(values: Mapping[str, Any], *, name: str = "check") -> Release:
        merged = {"image": IMAGE, **values, "run": {"namespace": demo, **values.get("run", {})}}
        run(
            *("helm", "install", name, str(CHART), "-n", namespace, "-f", "-"),
            stdin=yaml.safe_dump(merged),
        )
        installed.append(name)
        return Release(name, namespace)

    yield make
    for name in installed:
        run("helm", "uninstall", name, "-n", namespace, "--wait", "--timeout", "60s", check=False)
