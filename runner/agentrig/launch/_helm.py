"""The one module that calls helm: what it prints is read here, and what it says is told readably.

helm runs as a process, in a session of its own: a Ctrl-C at the terminal is for agentrig, which
decides what becomes of a release that is half installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentrig.errors import AgentrigError, ClusterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ChartSource", "Helm", "HelmRelease"]

# The oldest that the chart was tried with.
OLDEST = (3, 18)
_INSTALL = "https://helm.sh/docs/intro/install"

RENDER_WITHIN_S = 120.0
INSTALL_WITHIN_S = 300.0
_READ_WITHIN_S = 60.0

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
# Words around the message that say only which of helm's own functions it came through.
# Of templates that include each other, the last one is where it went wrong.
_NOISE = re.compile(
    r"^(Error: |INSTALLATION FAILED: |UNINSTALLATION FAILED: |execution error at \([^)]*\): "
    r'|template: \S+ executing "[^"]*" at <[^>]*>: error calling include: )+'
)
_NOT_SAID = ("level=", "Use --debug flag", "WARNING: Kubernetes configuration file is")
# What is wrong with values or a chart, wherever the chart comes from.
_WRONG_VALUES = re.compile(
    r"values don't meet|execution error at|parse error|failed pars|error converting YAML"
    r"|error unmarshaling|no such file|Chart\.yaml file is missing|error calling"
)

# What a chart refuses by what it sees in the cluster, as a namespace that is labelled production.
_REFUSED = "execution error at"
_NO_LOOKUP = re.compile(r"error calling lookup:.*forbidden", re.DOTALL)
_LOOKUP_HINT = (
    "the chart looks at the labels of the release's and the agents' namespaces: grant `get` on "
    "them, or set refuseNamespaceLabels=[]"
)


class ChartSource(Struct, frozen=True, kw_only=True):
    """A chart and its values, as helm's own options name them.

    `chart` is a folder, an archive, `REPO/NAME` or an `oci://` URL.
    """

    chart: str
    version: str | None = None
    values: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    set_string: tuple[str, ...] = ()
    set_file: tuple[str, ...] = ()

    @property
    def is_remote(self) -> bool:
        """Whether helm has to fetch the chart."""
        return not os.path.exists(self.chart)  # noqa: PTH110  # no Path: `oci://` has two slashes

    def arguments(self) -> list[str]:
        """Give the chart and its values as helm's arguments."""
        given = [self.chart, *(["--version", self.version] if self.version else [])]
        for option, texts in (
            ("--values", self.values),
            ("--set", self.set),
            ("--set-string", self.set_string),
            ("--set-file", self.set_file),
        ):
            given += [f"{option}={text}" for text in texts]
        return given


class HelmRelease(Struct, frozen=True, kw_only=True):
    """One release as `helm list` tells of it; `updated` is RFC 3339 with a space for the T."""

    name: str
    namespace: str
    status: str
    updated: str


class Helm:
    """helm against one cluster. Every method raises UsageError or ClusterError."""

    def __init__(self, *, context: str | None = None) -> None:
        """Choose a context of the kubeconfig; None is its current one."""
        self._where = [f"--kube-context={context}"] if context else []

    async def version(self) -> tuple[int, int]:
        """See that there is a helm that is new enough; give its version. Raises UsageError."""
        answer = await self._run("version", "--short", timeout_s=_READ_WITHIN_S)
        found = _VERSION.search(answer.out)
        if not found or (int(found[1]), int(found[2])) < OLDEST:
            needed = ".".join(map(str, OLDEST))
            has = f"is {found[0]}" if found else "does not tell its version"
            raise UsageError(f"helm {has}, and Helm {needed} or newer is needed: {_INSTALL}")
        return int(found[1]), int(found[2])

    async def template(self, release: str, source: ChartSource, *, namespace: str) -> str:
        """Render the chart as `install` would, hooks included, without asking the cluster."""
        answer = await self._run(
            *("template", release, *source.arguments(), f"--namespace={namespace}"),
            timeout_s=RENDER_WITHIN_S,
        )
        if answer.code:
            wrong = _WRONG_VALUES.search(answer.err) or not source.is_remote
            what = "the chart cannot be rendered" if wrong else f"no chart '{source.chart}'"
            raise (UsageError if wrong else ClusterError)(f"{what}: {answer.problem()}")
        return answer.out

    async def install(
        self,
        release: str,
        source: ChartSource,
        *,
        namespace: str,
        create_namespace: bool = False,
        labels: Mapping[str, str],
    ) -> None:
        """Install a release with `labels`, waiting for nothing but its hooks.

        A call that is cancelled lets helm end what it does first: only a release that is whole,
        or known to be none, can be undone.
        """
        marks = ",".join(f"{key}={value}" for key, value in labels.items())
        answer = await self._run_whole(
            *("install", release, *source.arguments(), f"--namespace={namespace}"),
            *(f"--labels={marks}", "--hide-notes"),
            *(["--create-namespace"] if create_namespace else []),
        )
        if answer.code:
            what = f"cannot install release {release} in namespace {namespace}: {answer.problem()}"
            if _NO_LOOKUP.search(answer.err):
                raise ClusterError(f"{what}\n  {_LOOKUP_HINT}")
            raise (UsageError if _REFUSED in answer.err else ClusterError)(what)

    async def uninstall(self, release: str, *, namespace: str, pods_first: bool = False) -> None:
        """Uninstall a release; one that is not there is no error.

        `pods_first` keeps the Job until its pods are gone, which takes nobody's time here. A call
        that is cancelled lets helm end what it does first.
        """
        answer = await self._run_whole(
            *("uninstall", release, f"--namespace={namespace}", "--ignore-not-found"),
            *(["--cascade=foreground"] if pods_first else []),
        )
        if answer.code:
            raise ClusterError(
                f"cannot uninstall release {release} in namespace {namespace}: {answer.problem()}"
            )

    async def releases(self, selector: str, *, namespace: str | None) -> list[HelmRelease]:
        """List the releases whose labels fit, whatever their status; None: of all namespaces."""
        answer = await self._run(
            *("list", f"--selector={selector}", "--output=json", "--max=0"),
            *("--deployed", "--failed", "--pending", "--uninstalling"),
            f"--namespace={namespace}" if namespace else "--all-namespaces",
            timeout_s=_READ_WITHIN_S,
        )
        where = f"namespace {namespace}" if namespace else "all namespaces"
        if answer.code:
            raise ClusterError(f"cannot list the releases of {where}: {answer.problem()}")
        return _releases(answer.out)

    async def manifest(self, release: str, *, namespace: str) -> str:
        """Give what a release installed, as YAML documents, without its hooks."""
        answer = await self._run(
            *("get", "manifest", release, f"--namespace={namespace}"), timeout_s=_READ_WITHIN_S
        )
        if answer.code:
            raise ClusterError(
                f"cannot read release {release} in namespace {namespace}: {answer.problem()}"
            )
        return answer.out

    async def _run_whole(self, *args: str) -> _Answer:
        running = asyncio.ensure_future(self._run(*args, timeout_s=INSTALL_WITHIN_S))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    async def _run(self, *args: str, timeout_s: float) -> _Answer:
        executable = shutil.which("helm")
        if executable is None:
            raise UsageError(
                "helm is not on PATH, and agentrig installs the chart with it: install Helm "
                f"{'.'.join(map(str, OLDEST))} or newer ({_INSTALL})"
            )
        process = await asyncio.create_subprocess_exec(
            executable,
            *args,
            *self._where,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "HELM_DEBUG": "false"},
        )
        try:
            async with asyncio.timeout(timeout_s):
                out, err = await process.communicate()
        except TimeoutError:
            raise ClusterError(f"helm {args[0]} has not ended after {timeout_s:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _Answer(
            code=process.returncode or 0,
            out=out.decode("utf-8", errors="replace"),
            err=err.decode("utf-8", errors="replace"),
        )


class _Answer(Struct, frozen=True, kw_only=True):
    code: int
    out: str
    err: str

    def problem(self) -> str:
        """Give what helm said, without the names of its own functions, in as many lines as it needs."""
        lines = [
            _NOISE.sub("", line).rstrip()
            for line in self.err.splitlines()
            if line.strip() and not line.startswith(_NOT_SAID)
        ]
        return "\n  ".join(lines) or f"helm gives no reason (exit code {self.code})"


def _releases(text: str) -> list[HelmRelease]:
    try:
        listed: list[Any] = json.loads(text.strip() or "[]") or []
        return [
            HelmRelease(
                name=one["name"],
                namespace=one["namespace"],
                status=one["status"],
                updated=one["updated"],
            )
            for one in listed
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise AgentrigError(f"helm list printed what is no list of releases: {error}") from error
