"""Build the cluster's programs with Go, once for each state of their sources."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import tempfile
from pathlib import Path

from kube.cache import cache_folder, exclusive
from kube.commands import run
from kube.errors import ClusterError

SOURCES = Path(__file__).resolve().parent.parent / "go"
BUILD_S = 1800

# buildvcs: git refuses root the history of a checkout that another user owns.
BUILD_FLAGS = ("-buildvcs=false", "-trimpath")

# Names by which the binary `kube` is called: see cmd/kube/main.go.
KUBE_LINKS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)


def find_go() -> str | None:
    """Return the path of `go`, also where root's PATH leaves its usual folder out."""
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def kubernetes_version(go_mod: str) -> str:
    """Return the version of Kubernetes that the text of a go.mod pins, like "v1.34.4"."""
    found = re.search(r"^\s*k8s\.io/kubernetes (v\S+)", go_mod, re.MULTILINE)
    if not found:
        raise ClusterError("go.mod does not pin k8s.io/kubernetes")
    return found[1]


def linker_flags(version: str) -> str:
    """Return flags that strip the binaries and stamp `version` on them, as releases are."""
    major, minor, _patch = version.removeprefix("v").split(".", 2)
    stamps = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    package = "k8s.io/component-base/version"
    return " ".join(["-s -w", *(f"-X {package}.{name}={v}" for name, v in stamps.items())])


def binaries_folder() -> Path:
    """Return where the programs of the present sources lie, built or not."""
    return cache_folder("cluster", _digest()) / "bin"


def build() -> Path | None:
    """Build what is not in the cache; return the build's log, None if nothing was to do."""
    folder = binaries_folder()
    with exclusive("cluster-build", timeout_s=BUILD_S):
        if folder.is_dir():
            return None
        log = folder.parent / "build.log"
        # Under another name first: what stands under the final one is whole. One that differs
        # each time, as a compiler may go on for a while after the `up` that started it is killed.
        for given_up in folder.parent.glob("unfinished-*"):
            shutil.rmtree(given_up, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=folder.parent))
        _build_into(unfinished, log)
        for name in KUBE_LINKS:
            (unfinished / name).symlink_to("kube")
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    return log


def _build_into(folder: Path, log: Path) -> None:
    go = find_go()
    if go is None:
        raise ClusterError(
            "'go' is not on PATH", hint="the engineless cluster is built from source"
        )
    flags = linker_flags(kubernetes_version((SOURCES / "go.mod").read_text()))
    run(
        [go, "build", *BUILD_FLAGS, "-ldflags", flags, "-o", str(folder), "./cmd/..."],
        cwd=SOURCES,
        # Without C the binaries need no compiler here and no library where they run.
        env=os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"},
        log=log,
        timeout_s=BUILD_S,
    )


def _digest() -> str:
    """Return a name for the state of the sources, of the flags and of the machine's kind."""
    recipe = [platform.machine(), linker_flags("v0.0.0"), *KUBE_LINKS]
    digest = hashlib.sha256("\n".join(recipe).encode())
    for path in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
