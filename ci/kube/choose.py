"""Which back end a command works on: the one asked for, else the first that can work here."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from kube.commands import succeeds
from kube.context import ContextBackend
from kube.engineless import EnginelessBackend, find_go
from kube.errors import ClusterError
from kube.kind import KindBackend

if TYPE_CHECKING:
    from pathlib import Path

    from kube.backend import Backend

NAMES = ("context", "kind", "engineless")

NEEDS = """\
context     a context of your kubeconfig, named by --context or AGENTRIG_KUBE_CONTEXT
kind        a Docker engine that answers, and `kind` and `kubectl` on PATH
engineless  Linux, root, and Go 1.24 or newer"""


def choose(*, backend: str | None, context: str | None, folder: Path) -> Backend:
    """Return the back end named `backend`, or else the first that this machine can have.

    Raises ClusterError, with what each one needs, if there is none.
    """
    if backend not in {*NAMES, None}:
        raise ClusterError(f"no back end '{backend}'", hint=f"one of these:\n{NEEDS}")
    if backend == "context" or (backend is None and context):
        if not context:
            raise ClusterError("the back end 'context' needs --context NAME")
        return ContextBackend(context)
    if context:
        raise ClusterError(f"--context goes with the back end 'context', not '{backend}'")
    if backend == "kind" or (backend is None and _has_kind()):
        return KindBackend()
    if backend == "engineless" or (backend is None and _has_engineless()):
        return EnginelessBackend(folder)
    raise ClusterError("no way to have a cluster on this machine", hint=f"one of these:\n{NEEDS}")


def _has_kind() -> bool:
    return shutil.which("kind") is not None and succeeds(["docker", "info"], timeout_s=15)


def _has_engineless() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and find_go() is not None
