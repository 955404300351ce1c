"""A kube context that the user has, as a kubeconfig of its own, and what it says of its nodes."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, NoReturn

from kube.backend import Status
from kube.cache import cache_folder
from kube.commands import run
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REQUEST_S = 10


def single_context(context: str) -> Path:
    """Write `context` alone, as current context, to a file that only this user reads.

    A command that is given this file cannot reach the user's other clusters by mistake.
    """
    config = run(
        ["kubectl", "config", "view", "--raw", "--minify", "--flatten", f"--context={context}"],
        timeout_s=REQUEST_S,
    )
    path = file_of(context)
    path.touch(mode=0o600)
    path.write_text(config)
    return path


def file_of(context: str) -> Path:
    """Return where `single_context` writes."""
    return cache_folder("cluster") / f"{context.replace('/', '_')}.kubeconfig"


def become(command: Sequence[str], kubeconfig: Path, **environment: str) -> NoReturn:
    """Replace this process by `command`, so that its signals and exit code are its own."""
    # Python ignores SIGPIPE, and what is ignored stays so: `CMD | head` would not end.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvpe(  # noqa: S606 (no shell is meant)
            command[0], list(command), {**os.environ, "KUBECONFIG": str(kubeconfig), **environment}
        )
    except OSError as error:
        raise ClusterError(f"cannot run '{command[0]}': {error.strerror}") from None


def status_of_nodes(backend: str, kubeconfig: Path) -> Status:
    """Ask the API server for its nodes: healthy if it answers and every node is ready."""
    command = ["kubectl", f"--kubeconfig={kubeconfig}", f"--request-timeout={REQUEST_S}s"]
    try:
        answer = run([*command, "get", "nodes", "-o", "json"], timeout_s=2 * REQUEST_S)
    except ClusterError as error:
        return Status(backend=backend, problem=f"{error}: {error.hint}", kubeconfig=kubeconfig)
    ready = {
        node["metadata"]["name"]: any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in node["status"]["conditions"]
        )
        for node in json.loads(answer)["items"]
    }
    waiting = [name for name, is_ready in ready.items() if not is_ready]
    return Status(
        backend=backend,
        problem=f"not ready: {', '.join(waiting)}" if waiting else None,
        node=", ".join(name for name, is_ready in ready.items() if is_ready) or None,
        kubeconfig=kubeconfig,
    )
