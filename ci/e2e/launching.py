"""`agentrig launch` as its users call it, in the background, so that something can go wrong."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from junitparser import JUnitXml

from e2e.commands import IMAGE, ROOT, WITHIN_S, kubectl, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Ended", "Launch"]


@dataclass(frozen=True)
class Ended:
    """What a launch came to: its exit code, what it printed, its reports, and the Job."""

    code: int
    output: str
    results: Path
    job: Any

    @property
    def summary(self) -> Any:
        """Read `summary.json`."""
        return json.loads((self.results / "summary.json").read_text(encoding="utf-8"))

    @property
    def junit(self) -> JUnitXml:
        """Read `junit.xml`."""
        return JUnitXml.fromfile(str(self.results / "junit.xml"))

    @property
    def condition(self) -> tuple[str, str]:
        """Give the type and the reason of the Job's final condition."""
        for one in self.job["status"].get("conditions", ()):
            if one["type"] in {"Complete", "Failed"} and one["status"] == "True":
                return one["type"], one.get("reason", "")
        return "", ""


class Launch:
    """A launch under way; the release is kept until `remove`, so that its Job can be asked."""

    def __init__(
        self, values: Mapping[str, Any], *args: str, release: str, namespace: str, folder: Path
    ) -> None:
        """Start it; `folder` takes the values, the output and the results."""
        self.release, self.namespace = release, namespace
        folder.mkdir(parents=True, exist_ok=True)
        self.results = folder / "results"
        self._output = folder / "output.txt"
        file = folder / "values.yaml"
        file.write_text(yaml.safe_dump({"image": IMAGE, **values}), encoding="utf-8")
        command = ["agentrig", "launch", release, "-n", namespace, "-f", str(file), "--keep"]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "--results", str(self.results), *args],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    def pods(self) -> list[Any]:
        """List the pods of the run, the oldest first."""
        selector = f"app.kubernetes.io/instance={self.release}"
        found = kubectl("get", "pods", "-n", self.namespace, "-l", selector, "-o", "json")
        pods: list[Any] = json.loads(found)["items"]
        return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def begun_pod(self) -> Any:
        """Wait until the scenarios of a pod are under way; give the pod."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            for pod in self.pods():
                if pod["status"]["phase"] == "Running":
                    name = pod["metadata"]["name"]
                    log = run("kubectl", "logs", name, "-n", self.namespace, check=False).stdout
                    if "planned" in log:
                        return pod
            time.sleep(0.3)
        pytest.fail(f"no pod has begun:\n{self._output.read_text(errors='replace')}")

    def ended(self, *, within_s: float = WITHIN_S) -> Ended:
        """Wait until the launch is over."""
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            text = self._output.read_text(errors="replace")
            pytest.fail(f"the launch is not over after {within_s:.0f} s:\n{text}")
        selector = f"app.kubernetes.io/instance={self.release}"
        jobs = kubectl("get", "jobs", "-n", self.namespace, "-l", selector, "-o", "json")
        found = json.loads(jobs)["items"]
        output = self._output.read_text(encoding="utf-8", errors="replace")
        return Ended(code=code, output=output, results=self.results, job=found and found[0])

    def remove(self) -> None:
        """End what is still under way, and take the release away."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        run("helm", "uninstall", self.release, "-n", self.namespace, check=False)
