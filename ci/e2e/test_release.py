"""What a release is through its life: upgrades of each mode, and nothing left at its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from e2e.commands import (
    CHART,
    IMAGE,
    WITHIN_S,
    Release,
    finish,
    get,
    kubectl,
    leftovers,
    make_namespace,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT_ANSWERS = """
name: The root answers
agent: gymcoach
steps:
  - {name: Root, path: /, expect: {status: 200}}
"""
# More objects, as text and as a map.
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ .Release.Name }}-claim
  labels: {{- include "agentrig.labels" . | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Mi}}
"""
TOKEN = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "{{ .Release.Name }}-token",
        "labels": {"app.kubernetes.io/instance": "{{ .Release.Name }}"},
    },
}
RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]


def test_upgrade_of_a_cronjob_changes_it_in_place(install: Any) -> None:
    release = install({"mode": "cronjob", "cronjob": {"schedule": "0 0 1 1 *", "suspend": True}})
    (name,) = objects(release, "cronjobs")
    before = get("cronjob", name, release.namespace)
    schedule = {"schedule": "30 2 * * *", "timeZone": "Europe/Madrid", "suspend": True}
    upgrade(release, {"mode": "cronjob", "cronjob": schedule, "image": IMAGE | {"tag": "next"}})

    after = get("cronjob", name, release.namespace)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert (after["spec"]["schedule"], after["spec"]["timeZone"]) == ("30 2 * * *", "Europe/Madrid")
    (runner,) = after["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert runner["image"].endswith(":next")


def test_upgrade_of_a_job_makes_a_new_one(install: Any) -> None:
    release = install({"job": {"suspend": True}})
    (first,) = objects(release, "jobs")
    upgrade(release, {"job": {"suspend": True}, "run": {"args": ["-k", "smoke"]}})
    (second,) = objects(release, "jobs")
    assert (first, second) == ("check-agentrig-run-1", "check-agentrig-run-2")


def test_upgrade_changes_the_mode(install: Any) -> None:
    release = install({"mode": "cronjob", "cronjob": {"suspend": True}})
    seen = []
    for values in (
        {"mode": "job", "job": {"suspend": True}},
        {"mode": "sharded", "shards": {"count": 2}, "job": {"suspend": True}},
        {"mode": "hook"},
        {"mode": "cronjob", "cronjob": {"suspend": True}},
    ):
        upgrade(release, values)
        seen.append((objects(release, "jobs"), objects(release, "cronjobs")))
    assert seen == [
        (["check-agentrig-run-2"], []),
        (["check-agentrig-run-3"], []),
        ([], []),
        ([], ["check-agentrig-schedule"]),
    ]


@pytest.fixture
def elsewhere(namespace: str) -> Iterator[str]:
    """A second namespace of the test's own."""
    name = f"{namespace}-elsewhere"
    make_namespace(name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize("mode", ["job", "sharded", "cronjob"])
def test_uninstall_leaves_nothing_of_a_run(
    mode: str, install: Any, namespace: str, elsewhere: str
) -> None:
    release = install(
        {
            "mode": mode,
            "shards": {"count": 2 if mode == "sharded" else 0},
            "cronjob": {"schedule": "0 0 1 1 *"},
            "run": {"paths": ["/scenarios/inline"]},
            "scenarios": {"inline": {"root.yaml": ROOT_ANSWERS}},
            "rbac": {"rules": RULES, "namespace": elsewhere},
            "extraObjects": [CLAIM, TOKEN],
        },
        name=namespace,  # one that no other test has, as it looks outside of namespaces too
    )
    if mode == "cronjob":
        cronjob = f"--from=cronjob/{release.name}-agentrig-schedule"
        kubectl("create", "job", "by-hand", cronjob, "-n", release.namespace)
    for job in objects(release, "jobs"):
        finish(job, release.namespace)
    there = leftovers(release.namespace, release.name, elsewhere, within_s=0)
    kinds = {name.partition("/")[0].partition(".")[0] for name in there}
    assert {"configmap", "job", "persistentvolumeclaim", "pod", "role", "secret"} <= kinds
    uninstall(release)
    assert leftovers(release.namespace, release.name, elsewhere) == []


@pytest.mark.parametrize("status", [200, 418])
def test_uninstall_leaves_nothing_of_a_test(status: int, install: Any, namespace: str) -> None:
    scenario = ROOT_ANSWERS.replace("200", str(status))
    values = {"mode": "hook", "scenarios": {"inline": {"root.yaml": scenario}}}
    release = install(values, name=namespace)
    tested = run("helm", "test", release.name, "-n", release.namespace, "--logs", check=False)
    assert (tested.returncode == 0) == (status == 200)
    assert "END AGENTRIG JOURNAL" in tested.stdout + tested.stderr
    uninstall(release)
    assert leftovers(release.namespace, release.name) == []


def test_results_come_out_of_what_helm_test_prints(install: Any, tmp_path: Path) -> None:
    release = install({"mode": "hook", "scenarios": {"inline": {"root.yaml": ROOT_ANSWERS}}})
    printed = run("helm", "test", release.name, "-n", release.namespace, "--logs").stdout
    run("agentrig", "report", "-", "--results", str(tmp_path), stdin=printed)
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["counts"] == {"passed": 1}
    assert (tmp_path / "junit.xml").exists()


def upgrade(release: Release, values: dict[str, Any]) -> None:
    """Upgrade a release to these values, and no others."""
    run(
        *("helm", "upgrade", release.name, str(CHART), "-n", release.namespace, "-f", "-"),
        stdin=yaml.safe_dump({"image": IMAGE} | values),
    )


def uninstall(release: Release) -> None:
    """Uninstall a release, and wait as Helm does."""
    run(
        *("helm", "uninstall", release.name, "-n", release.namespace),
        *("--wait", "--timeout", f"{WITHIN_S}s"),
    )


def objects(release: Release, kind: str) -> list[str]:
    """Name the release's objects of one kind that are there to stay."""
    selector = f"app.kubernetes.io/instance={release.name}"
    found = kubectl("get", kind, "-n", release.namespace, "-l", selector, "-o", "json")
    return [
        item["metadata"]["name"]
        for item in json.loads(found)["items"]
        if "deletionTimestamp" not in item["metadata"]
    ]
