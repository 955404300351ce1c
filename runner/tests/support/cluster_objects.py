"""Jobs and pods as the API shows them, as far as following a run reads them."""

from __future__ import annotations

from typing import Any

__all__ = ["JOB_UID", "a_job", "a_pod", "condition", "event", "terminated", "waiting"]

JOB_UID = "11111111-0000-0000-0000-000000000001"
LABELS = {
    "app.kubernetes.io/part-of": "agentrig",
    "app.kubernetes.io/component": "runner",
    "app.kubernetes.io/instance": "check",
}


def a_job(
    name: str = "check-run-1",
    *,
    shards: int = 0,
    conditions: tuple[dict[str, Any], ...] = (),
    spec: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **metadata: Any,
) -> dict[str, Any]:
    """Make a Job of the release `check`."""
    split = {"completionMode": "Indexed", "completions": shards} if shards else {}
    env = [{"name": "AGENTRIG_RUN_RUN_ID", "value": "check-1"}]
    template = {"spec": {"containers": [{"name": "runner", "env": env}]}}
    return {
        "metadata": {"name": name, "uid": JOB_UID, "labels": LABELS, **metadata},
        "spec": {**split, "template": template, **(spec or {})},
        "status": {"conditions": list(conditions), **(status or {})},
    }


def a_pod(
    name: str = "check-run-1-a",
    *,
    runner: dict[str, Any] | None = None,
    index: int | None = None,
    phase: str = "Pending",
    node: str = "node-1",
    conditions: tuple[dict[str, Any], ...] = (),
    spec: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **metadata: Any,
) -> dict[str, Any]:
    """Make a pod of that Job; `runner` is the state of its container `runner`."""
    annotations = {} if index is None else {"batch.kubernetes.io/job-completion-index": str(index)}
    container = {
        "name": "runner",
        "image": "registry.example.com/qa/agentrig:1.2",
        "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "256Mi"}},
    }
    statuses = [{"name": "runner", "state": runner}] if runner else []
    return {
        "metadata": {
            "name": name,
            "labels": {**LABELS, "batch.kubernetes.io/controller-uid": JOB_UID},
            "annotations": annotations,
            "ownerReferences": [{"kind": "Job", "uid": JOB_UID}],
            **metadata,
        },
        "spec": {"nodeName": node, "containers": [container], **(spec or {})},
        "status": {
            "phase": phase,
            "conditions": list(conditions),
            "containerStatuses": statuses,
            **(status or {}),
        },
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    """Give the state of a container that waits."""
    return {"waiting": {"reason": reason, "message": message}}


def terminated(code: int, reason: str = "", message: str = "") -> dict[str, Any]:
    """Give the state of a container that has ended."""
    words = reason or ("Error" if code else "Completed")
    return {"terminated": {"exitCode": code, "reason": words, "message": message}}


def condition(kind: str, reason: str = "", message: str = "", *, holds: bool = True) -> Any:
    """Give a condition of an object."""
    return {"type": kind, "status": str(holds), "reason": reason, "message": message}


def event(about: dict[str, Any], reason: str, message: str, *, at: str = "12:01:00") -> Any:
    """Give an Event about an object that was put into a cluster."""
    metadata = about["metadata"]
    return {
        "metadata": {"name": f"{metadata['name']}.{reason}.{at}"},
        "involvedObject": {"name": metadata["name"], "uid": metadata["uid"]},
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2026-11-21T{at}Z",
    }
