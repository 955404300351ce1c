"""A cluster and a helm that are played: an install makes the Job and what a test lets become of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from agentrig.events import Outcome, RunFinished, ScenarioFinished, ScenarioStarted
from agentrig.launch import bundled_chart
from agentrig.reporters import JournalReporter, write_block
from tests.support.records import planned, publish, started
from tests.support.rig import Ran, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.fake_cluster import FakeCluster
    from tests.support.kube_api import Asked

__all__ = ["Play", "ending", "helm_script"]

NAMESPACE = "demo"
TIMEOUT_S = 60

# Renders with the real helm; what changes the cluster is asked of the played one.
_HELM = """\
#!{python}
import json, subprocess, sys, urllib.request
words = sys.argv[1:]
if words[0] == "version":
    print("v3.18.1+gf6f8700")
elif words[0] == "template":
    sys.exit(subprocess.run([{helm!r}, *words]).returncode)
else:
    asked = urllib.request.Request(
        {url!r} + "/helm", data=json.dumps(words).encode(),
        headers={{"content-type": "application/json"}}, method="POST")
    with urllib.request.urlopen(asked, timeout=60) as answer:
        told = json.load(answer)
    sys.stdout.write(told["out"])
    sys.stderr.write(told["err"])
    sys.exit(told["code"])
"""


def helm_script(folder: Path, *, helm: Path, url: str) -> Path:
    """Write the helm that is played; give its folder."""
    script = folder / "bin" / "helm"
    script.parent.mkdir()
    script.write_text(_HELM.format(python=sys.executable, helm=str(helm / "helm"), url=url))
    script.chmod(0o755)
    return script.parent


@dataclass
class Play:
    """`agentrig` as a process, in `folder`, against a played cluster.

    `on_install` is called with the Job when helm installs a release; `failure` is what helm says
    then, after it has installed the half. `on_uninstall` is called with the release; where it
    gives a text, that is what helm fails with. `variables` are environment of the commands.
    """

    folder: Path
    cluster: FakeCluster
    path: Path
    on_install: Callable[[dict[str, Any]], object] | None = None
    on_uninstall: Callable[[str], str] | None = None
    failure: str = ""
    updated: str = "2026-11-21 16:45:21.084101848 +0000 UTC"
    called: list[list[str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    releases: dict[str, dict[str, str]] = field(default_factory=dict)
    installed: list[str] = field(default_factory=list)
    """The manifests of each release that was installed."""

    def __post_init__(self) -> None:
        self.cluster.on("POST", "/helm", self._helm)
        config = {
            "current-context": "played",
            "clusters": [{"name": "c", "cluster": {"server": self.cluster.url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [
                {"name": "played", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}
            ],
        }
        (self.folder / "kubeconfig").write_text(yaml.safe_dump(config))

    def agentrig(self, *args: str) -> Ran:
        process = self.start(*args)
        return self.ended(process)

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "agentrig", *args],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def ended(self, process: subprocess.Popen[bytes]) -> Ran:
        out, err = process.communicate(timeout=TIMEOUT_S)
        return Ran(
            code=process.returncode,
            out=out.decode(),
            err=err.decode(),
            results=self.folder / "results",
        )

    def environment(self) -> dict[str, str]:
        more = {
            "PATH": f"{self.path}{os.pathsep}{os.environ['PATH']}",
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "HELM_CACHE_HOME": str(self.folder / "helm"),
        }
        return clean_environment({**more, **self.variables})

    def commands(self) -> list[str]:
        """Name what helm was told to do, in order."""
        return [words[0] for words in self.called]

    def install(self, release: str, manifests: str, *, labels: str = "") -> None:
        """Install a release as helm does."""
        self.releases[release] = {"labels": labels}
        self.installed.append(manifests)
        for manifest in yaml.safe_load_all(manifests):
            if manifest and manifest["kind"] in {"Job", "CronJob"}:
                marks = {
                    "meta.helm.sh/release-name": release,
                    "meta.helm.sh/release-namespace": NAMESPACE,
                }
                metadata = {**manifest["metadata"], "annotations": marks}
                metadata.pop("namespace")
                kind = f"{manifest['kind'].lower()}s"
                made = self.cluster.put(kind, {**manifest, "metadata": metadata})
                if self.on_install and kind == "jobs":
                    self.on_install(made)

    def _helm(self, asked: Asked) -> tuple[int, Any]:
        words: list[str] = asked.body
        self.called.append(words)
        options = dict(one[2:].split("=", 1) for one in words if "=" in one and one[:2] == "--")
        code, out, err = getattr(self, f"_{words[0]}")(words, options)
        return 200, {"code": code, "out": out, "err": err}

    def _install(self, words: list[str], options: dict[str, str]) -> tuple[int, str, str]:
        release = words[1]
        if release in self.releases:
            return 1, "", "Error: INSTALLATION FAILED: cannot reuse a name that is still in use\n"
        rendered = subprocess.run(
            [self.path / "helm", "template", *words[1:]],
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(),
            cwd=self.folder,
        )
        assert rendered.returncode == 0, rendered.stderr
        self.install(release, rendered.stdout, labels=options["labels"])
        return (
            (1, "", f"Error: INSTALLATION FAILED: {self.failure}\n")
            if self.failure
            else (0, "", "")
        )

    def _uninstall(self, words: list[str], _: dict[str, str]) -> tuple[int, str, str]:
        problem = self.on_uninstall(words[1]) if self.on_uninstall else ""
        if problem:
            return 1, "", f"Error: {problem}\n"
        self.releases.pop(words[1], None)  # --ignore-not-found
        # The Job goes when its pods have gone.
        name = f"{words[1]}-agentrig-run-1"
        for kind, gone in (("pods", f"{name}-x7k2p"), ("jobs", name)):
            with suppress(KeyError):
                self.cluster.delete(kind, gone)
        return 0, "", ""

    def _list(self, _: list[str], options: dict[str, str]) -> tuple[int, str, str]:
        found = [
            {"name": name, "namespace": NAMESPACE, "status": "deployed", "updated": self.updated}
            for name, one in self.releases.items()
            if options["selector"] in one["labels"].split(",")
        ]
        return 0, json.dumps(found), ""


def template(play: Play, release: str, *values: str) -> str:
    """Render our chart as helm does."""
    done = subprocess.run(
        [play.path / "helm", "template", release, str(bundled_chart()), *values],
        capture_output=True,
        text=True,
        check=True,
        env=play.environment(),
    )
    return done.stdout


def ending(
    play: Play, code: int, *, log: str = "hello", condition: dict[str, Any] | None = None
) -> Callable[[dict[str, Any]], None]:
    """Give what lets a Job's pod run to its end with this exit code, journal and all."""

    def become(job: dict[str, Any]) -> None:
        name = job["metadata"]["name"]
        pod = running(play, job)
        (runner,) = job["spec"]["template"]["spec"]["containers"]
        env = {one["name"]: one.get("value") for one in runner["env"]}
        run = env["AGENTRIG_RUN_RUN_ID"].replace("$(AGENTRIG_JOB_UID)", job["metadata"]["uid"])
        outcome = {0: Outcome.PASSED, 1: Outcome.FAILED}.get(code, Outcome.ERROR)
        text = play.cluster.log(pod)
        text.write(log, *_journal(play.folder / f"{name}.jsonl", run, outcome, code).splitlines())
        text.end()
        counts = {"run": run, "exit_code": code, "counts": {outcome.value: 1}}
        ended = {
            "exitCode": code,
            "finishedAt": "2026-11-21T12:01:00Z",
            "message": json.dumps(counts),
        }
        play.cluster.change("pods", pod, {"status": {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [{"name": "runner", "state": {"terminated": ended}}],
        }})  # fmt: skip
        reasons = {3: "BackoffLimitExceeded"}
        kind = (
            {"type": "Failed", "reason": reasons.get(code, "PodFailurePolicy")}
            if code
            else {"type": "Complete"}
        )
        decided = {**kind, "status": "True", "lastTransitionTime": "2026-11-21T12:01:01Z"}
        play.cluster.change("jobs", name, {"status": {"conditions": [condition or decided]}})

    return become


def running(play: Play, job: dict[str, Any]) -> str:
    """Let the Job's pod run; give its name."""
    name = job["metadata"]["name"]
    template = job["spec"]["template"]
    labels = {
        **template["metadata"]["labels"],
        "batch.kubernetes.io/controller-uid": job["metadata"]["uid"],
        "batch.kubernetes.io/job-name": name,
    }
    play.cluster.put("pods", {
        "metadata": {
            "name": f"{name}-x7k2p",
            "labels": labels,
            "ownerReferences": [{"kind": "Job", "name": name, "uid": job["metadata"]["uid"]}],
        },
        "spec": {**template["spec"], "nodeName": "node-1"},
        "status": {
            "phase": "Running",
            "containerStatuses": [{"name": "runner", "state": {"running": {}}}],
        },
    })  # fmt: skip
    play.cluster.log(f"{name}-x7k2p")
    return f"{name}-x7k2p"


def _journal(file: Path, run: str, outcome: Outcome, code: int) -> str:
    one = planned("/scenarios/inline/a.yaml", name="The first")
    events = [
        started([one]),
        ScenarioStarted(scenario=one.id),
        ScenarioFinished(scenario=one.id, outcome=outcome, elapsed_ms=12.0, message="why"),
        RunFinished(exit_code=code, elapsed_ms=20.0),
    ]
    publish(events, [JournalReporter(file)], run=run)
    return textwrap.dedent(write_block(file.read_bytes()))
