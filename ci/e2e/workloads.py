"""A Deployment for tests that change one."""

from __future__ import annotations

from typing import Any

from e2e.commands import IMAGE

SECURE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}
# It ends at once when it is told to, says what it was given, and that it is still there.
SLEEPER = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print("mode", os.environ.get("MODE", "none"), flush=True)
while True:
    print("still up", flush=True)
    time.sleep(1)
"""


def deployment(name: str = "one", *, image: str | None = None, **env: str) -> dict[str, Any]:
    """Describe a Deployment of one pod that waits, and logs the variable MODE at its start."""
    container = {
        "name": "main",
        "image": image or f"{IMAGE['repository']}:{IMAGE['tag']}",
        "imagePullPolicy": "Never",
        "command": ["python", "-c", SLEEPER],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "securityContext": SECURE,
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}},
    }
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
