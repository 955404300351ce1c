"""Tunnels from this machine to Kubernetes Services, through `kubectl port-forward`.

kubectl binds a tunnel to one pod and ends when that pod is gone, so each one is watched and
started again on the same local port.
"""

from __future__ import annotations

import queue
import re
import shutil
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from agentrig.errors import TargetError, UsageError

if TYPE_CHECKING:
    from agentrig.targets import Service

__all__ = ["PortForwards"]

# AgentSpec's own fixture waits this long.
READY_WITHIN_S = 30.0
# Between two tries of a tunnel whose pod is gone; a rollout takes a few of them.
RETRY_EVERY_S = 0.5

_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


class PortForwards:
    """The tunnels of a run; each is opened once and kept until `close`. Safe for threads."""

    def __init__(self, *, context: str | None = None) -> None:
        """Use kubectl's current context, or the named one."""
        self._context = context
        self._tunnels: dict[tuple[Service, int | None], _Tunnel] = {}
        self._lock = threading.Lock()
        self._closed = False

    def forward(self, service: Service, *, local_port: int | None = None) -> int:
        """Give the local port of a tunnel to `service`, a free one unless it is chosen.

        Raises UsageError without kubectl, TargetError when the tunnel does not come up.
        """
        kubectl = shutil.which("kubectl")
        if kubectl is None:
            raise UsageError("--via port-forward needs kubectl on PATH")
        with self._lock:
            if self._closed:
                raise TargetError(f"no tunnel to service {service.name}: the run is over")
            key = (service, local_port)
            if key not in self._tunnels:
                self._tunnels[key] = _Tunnel(self._command(kubectl, service), service, local_port)
            tunnel = self._tunnels[key]
        return tunnel.port()

    def refresh(self) -> None:
        """Open every tunnel anew, as after a rollout that replaced the pods behind it."""
        with self._lock:
            tunnels = list(self._tunnels.values())
        for tunnel in tunnels:
            tunnel.restart()

    def close(self) -> None:
        """Close every tunnel, for good; those who wait for one get TargetError."""
        with self._lock:
            self._closed = True
            tunnels, self._tunnels = list(self._tunnels.values()), {}
        for tunnel in tunnels:
            tunnel.close()

    def _command(self, kubectl: str, service: Service) -> list[str]:
        context = ["--context", self._context] if self._context else []
        return [
            *(kubectl, *context, "port-forward", "--address", "127.0.0.1"),
            *("--namespace", service.namespace, f"service/{service.name}"),
        ]


class _Tunnel:
    """One kubectl, started again as long as the tunnel is wanted."""

    def __init__(self, command: list[str], service: Service, local_port: int | None) -> None:
        self._command = command
        self._service = service
        self._local_port = local_port
        self._said: queue.Queue[int | str] = queue.Queue()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answer: int | str | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def port(self) -> int:
        """Wait until the tunnel has come up once."""
        with self._lock:
            if self._answer is None:
                self._answer = self._next_answer(READY_WITHIN_S)
        if isinstance(self._answer, str):
            where = f"service {self._service.name}, namespace {self._service.namespace}"
            raise TargetError(f"cannot forward a port to {where}: {self._answer}")
        return self._answer

    def restart(self) -> None:
        """Open the tunnel anew; one that never came up is left as it is."""
        try:
            port = self.port()
        except TargetError:
            return
        while not self._said.empty():
            self._said.get_nowait()
        if self._process:
            self._process.terminate()
        deadline = time.monotonic() + READY_WITHIN_S
        # kubectl may be led to the pod that is gone a few times before it finds the new one.
        while (answer := self._next_answer(deadline - time.monotonic())) != port:
            if time.monotonic() >= deadline or self._closing.is_set():
                raise TargetError(f"cannot forward port {port} again: {answer}")

    def close(self) -> None:
        self._closing.set()
        if self._process:
            self._process.terminate()
        self._thread.join()
        self._said.put("the run is over")  # for whoever still waits

    def _next_answer(self, within_s: float) -> int | str:
        try:
            return self._said.get(timeout=max(0.0, within_s))
        except queue.Empty:
            return f"kubectl port-forward was not ready within {READY_WITHIN_S:.0f} s"

    def _watch(self) -> None:
        came_up = self._run_once()
        # One that never came up is given up: its first answer said why.
        while came_up and not self._closing.wait(RETRY_EVERY_S):
            self._run_once()

    def _run_once(self) -> bool:
        ports = f"{self._local_port or ''}:{self._service.port}"
        with subprocess.Popen(
            [*self._command, ports],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        ) as process:
            self._process = process
            if self._closing.is_set():
                process.terminate()
            came_up = False
            last = ""
            for line in process.stdout or ():
                if found := _FORWARDING.search(line):
                    came_up = True
                    self._local_port = int(found[1])
                    self._said.put(self._local_port)
                last = line.strip() or last
        if not came_up and not self._closing.is_set():
            self._said.put(last.removeprefix("error: ") or "kubectl ended without a word")
        return came_up
