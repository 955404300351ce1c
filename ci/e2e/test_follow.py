"""What keeps a pod from running, or ends it, on a real cluster: each told and over within seconds.

All cases run at the same time, without the preflight that would have found most of them before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from e2e.commands import IMAGE

# The slowest of them, a sidecar that has to end three times, takes 30 s; the others 15. The rest is
# for a machine on which all of them begin at once.
WITHIN_S = 60

QUICK = "name: Root\nagent: gymcoach\nsteps: [{path: /, expect: {status: 200}}]\n"
SLOW = "name: Slow\nagent: gymcoach\nsteps: [{wait: 50s}]\n"
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
BROKEN = {
    "name": "database",
    "image": f"{IMAGE['repository']}:{IMAGE['tag']}",
    "imagePullPolicy": "Never",
    "command": ["python", "-c", "import sys; print('wrong owner'); sys.exit(7)"],
    # The runner waits for it.
    "startupProbe": {"exec": {"command": ["false"]}},
    "terminationMessagePolicy": "FallbackToLogsOnError",
    "resources": {"requests": {"cpu": "10m"}, "limits": {"cpu": "1", "memory": "64Mi"}},
    "securityContext": RESTRICTED,
}
MOUNT = {"mountPath": "/key", "secretName": "no-such-secret"}

# By release: values, the reason of a trouble, and what a person reads.
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "image": (
        {"image": {"repository": "localhost/no-such", "tag": "1.0"}},
        "ImagePull",
        "image 'localhost/no-such:1.0' of container 'runner' cannot be pulled",
    ),
    "node": (
        {"nodeSelector": {"pool": "no-such"}},
        "Unschedulable",
        "1 is not what nodeSelector or affinity asks for",
    ),
    "mount": (
        {"secretMounts": {"key": MOUNT}},
        "FailedMount",
        "a volume cannot be mounted: there is no Secret 'no-such-secret'",
    ),
    "key": (
        {"env": {"MODEL": {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "model"}}}},
        "CreateContainerConfigError",
        "ConfigMap 'kube-root-ca.crt' in namespace {namespace} has no key 'model'",
    ),
    "account": (
        {"serviceAccount": {"create": False, "name": "nobody"}},
        "FailedCreate",
        "there is no ServiceAccount 'nobody' in namespace {namespace}",
    ),
    "sidecar": (
        {"sidecars": [BROKEN]},
        "CrashLoopBackOff",
        "sidecar 'database' keeps ending, last with exit code 7: wrong owner",
    ),
    # Long enough that the runner has begun on a machine that is busy with all the others.
    "deadline": (
        {"job": {"activeDeadlineSeconds": 20}, "scenarios": {"inline": {"slow.yaml": SLOW}}},
        "DeadlineExceeded",
        "longer than its activeDeadlineSeconds of 20 s: it was running (0 of 1 finished)",
    ),
}


def test_each_fault_is_told_and_over_within_seconds(launch: Any, namespace: str) -> None:
    started = {}
    for release, (values, _, _) in CASES.items():
        small = {"resources": {"requests": {"cpu": "10m"}}}
        inline = {"scenarios": {"inline": {"quick.yaml": QUICK}}}
        started[release] = launch({**small, **inline, **values}, "--no-preflight", release=release)
    wrong = []
    for release, (_, reason, words) in CASES.items():
        ended = started[release].ended()
        told = [one["reason"] for one in ended.summary["troubles"]]
        took_s = seconds_since(ended.job, ended.results)
        if ended.code != 3 or took_s > WITHIN_S or not any(reason in one for one in told):
            wrong.append(f"{release}: exit {ended.code} after {took_s:.0f} s, {told}")
        if words.format(namespace=namespace) not in " ".join(ended.output.split()):
            wrong.append(f"{release}: not told:\n{ended.output}")
    if wrong:
        pytest.fail("\n".join(wrong))


def seconds_since(job: Any, results: Any) -> float:
    """Tell how long after the Job was made its results were written."""
    created = datetime.fromisoformat(job["metadata"]["creationTimestamp"])
    written = datetime.fromtimestamp((results / "summary.json").stat().st_mtime, UTC)
    return (written - created).total_seconds()
