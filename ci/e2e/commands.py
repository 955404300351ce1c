"""The commands that users would type, and what they read of a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "agentrig"
DEMO_CHART = ROOT / "charts" / "demo-agents"
# Whoever shares a cluster with others has an image of their own.
TAG = os.environ.get("AGENTRIG_E2E_TAG", "dev")
IMAGE = {"repository": "localhost/agentrig", "tag": TAG, "pullPolicy": "Never"}
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


def leftovers(
    namespace: str, release: str, *elsewhere: str, within_s: float = WITHIN_S
) -> list[str]:
    """Name every object of a release that is still there, in these namespaces and outside of any.

    What is on its way out, as the pods of a Job are when its release has gone, gets `within_s`.
    """
    listed = kubectl("api-resources", "--verbs=list,delete", "-o", "name").split()
    kinds = ",".join(kind for kind in listed if _the_charts_may_make(kind))
    selector = ("-l", f"app.kubernetes.io/instance={release}")
    history = ("secrets", "-n", namespace, "-l", f"owner=helm,name={release}")
    deadline = time.monotonic() + within_s
    while True:
        looks = [(kinds, "-n", where, *selector) for where in (namespace, *elsewhere)]
        found = {name for look in (*looks, history) for name in names(*look)}
        if not found or time.monotonic() > deadline:
            return sorted(found)
        time.sleep(0.5)


def _the_charts_may_make(kind: str) -> bool:
    """Tell the kinds that leftovers can be of: `plural`, `plural.group`, as kubectl names them."""
    plural, _, group = kind.partition(".")
    # The API server's own groups. Another's is of a definition, which the test that made it may
    # delete between the list of kinds and the look for their objects.
    own = "." not in group or group.endswith(".k8s.io")
    # What the API server makes by itself of other objects carries their labels.
    return own and not plural.startswith(("events", "endpoint"))


def names(*look: str) -> list[str]:
    """Name what `kubectl get` finds."""
    return kubectl("get", *look, "-o", "name", "--ignore-not-found").split()


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

    @property
    def terminations(self) -> list[Any]:
        """The termination message of each pod."""
        return [json.loads(self._terminated(pod)["message"]) for pod in self.pods]

    @staticmethod
    def _terminated(pod: Any) -> Any:
        return pod["status"]["containerStatuses"][0]["state"]["terminated"]


def finish(name: str, namespace: str) -> Finished:
    """Wait until a Job is Complete or Failed, which is one wait too many for kubectl."""
    deadline = time.monotonic() + WITHIN_S
    ended: list[Any] = []
    while not ended:
        conditions = get("job", name, namespace)["status"].get("conditions", [])
        ended = [c for c in conditions if c["type"] in {"Complete", "Failed"}]
        if not ended and time.monotonic() > deadline:
            pytest.fail(f"job {name} is not over after {WITHIN_S} s: {conditions}")
        time.sleep(0.5)
    selector = ("-n", namespace, "-l", f"job-name={name}")
    pods = json.loads(kubectl("get", "pods", *selector, "-o", "json"))["items"]
    pods.sort(key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    log = kubectl("logs", pods[-1]["metadata"]["name"], "-n", namespace)
    return Finished(condition=ended[0], pods=pods, log=log)


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait until something has come about; `what` says it in the failure."""
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not after {WITHIN_S} s")
        time.sleep(0.2)


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


def install_demo() -> None:
    """Install the demo's agents, in a namespace that enforces `restricted`, and wait for them."""
    make_namespace(DEMO_NAMESPACE)
    run(
        *("helm", "upgrade", "--install", "demo", str(DEMO_CHART), "-n", DEMO_NAMESPACE),
        *("-f", "-", "--wait", "--timeout", f"{WITHIN_S}s"),
        stdin=json.dumps({"image": DEMO_IMAGE}),
    )
