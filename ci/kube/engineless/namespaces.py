"""The namespaces that the cluster lives in: processes, mounts and network of its own.

A small process (`pause`) is the first of a new process-id namespace; it is the cluster's root.
When it ends, by whatever hand, the kernel ends every process in there: components, containerd's
shims, pods. With the last of them go the mounts and the networks, those of the pods included,
as nothing outside refers to them. So there is nothing to find and to clean after a crash, and
no rule, address or mount of the host is ever touched.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from kube.engineless.layout import NODE_ADDRESS
from kube.engineless.processes import Process, all_processes, wait_until
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kube.engineless.layout import Layout

ROOT_SCRIPT = Path(__file__).with_name("root.sh")
ROOT_S = 10
SPAWN_S = 10

# Set for what `exec` runs; its value is the cluster's folder.
EXEC_VARIABLE = "AGENTRIG_CLUSTER_EXEC"

# No variable of the user's shell gets in: a proxy, say, would break the API server.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What a kubelet sets for the whole machine at its start (`setupKernelTunables`, v1.34). It
# is shown files that hold these values already, and so leaves the machine's own alone.
TUNED = {
    "kernel/keys/root_maxbytes": "25000000",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
}


def find_roots(layout: Layout) -> list[Process]:
    """Return the root process of the cluster in `layout`; more than one only by accident."""
    return [
        process
        for process in all_processes()
        if process.program == "pause" and process.argv[1:] == _mark(layout)
    ]


def find_makers(layout: Layout) -> list[Process]:
    """Return the root, the program that waits for its end, and a root still in the making."""
    mark = _mark(layout)
    programs = {"bash", "pause", "unshare"}
    return [
        process
        for process in all_processes()
        if process.program in programs
        and process.argv[-len(mark) :] == mark
        and process.argv[-len(mark) - 1].endswith("/pause")
    ]


def members(pid_namespace: int) -> list[Process]:
    """Return all processes of a cluster, its root among them."""
    return [each for each in all_processes() if each.namespace("pid") == pid_namespace]


def start_root(layout: Layout, binaries: Path) -> Process:
    """Make the namespaces and return their first process."""
    for setting, value in TUNED.items():
        stand_in = layout.tuned / setting
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text(f"{value}\n")
    pause = [str(binaries / "pause"), *_mark(layout)]
    log = layout.log_of("root")
    with log.open("wb") as output:
        starter = subprocess.Popen(
            [
                *("unshare", "--fork", "--mount", "--mount-proc", "--net", "--pid", "--"),
                *(str(ROOT_SCRIPT), str(layout.live), str(binaries), NODE_ADDRESS, *pause),
            ],
            cwd="/",
            env={"PATH": PATH},
            start_new_session=True,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
        )
    found: list[Process] = []

    def is_there() -> bool:
        found[:] = find_roots(layout)
        return bool(found) or starter.poll() is not None

    wait_until(is_there, timeout_s=ROOT_S)
    if not found:
        raise ClusterError("cannot make the cluster's namespaces", log=log)
    return found[0]


def spawn(root: Process, argv: Sequence[str], log: Path) -> None:
    """Start a daemon inside, a child of the root; all it says goes to `log`."""
    enter = ["nsenter", f"--target={root.pid}", "--mount", "--net", "--pid", "--"]
    with log.open("ab") as output:
        subprocess.run(
            [*enter, "setsid", "--fork", *argv],
            check=True,
            cwd="/",
            env={"PATH": PATH},
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            timeout=SPAWN_S,
        )


def _mark(layout: Layout) -> tuple[str, ...]:
    return ("agentrig-cluster", str(layout.folder))
