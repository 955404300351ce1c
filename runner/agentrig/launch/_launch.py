"""`agentrig launch`: check, install, follow, collect, uninstall, and the run's exit code."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from enum import StrEnum
from pathlib import Path  # noqa: TC003  # msgspec resolves it
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from agentrig.errors import AgentrigError, ClusterError
from agentrig.kubernetes import AsyncCluster, KubernetesSettings
from agentrig.launch._follow import follow
from agentrig.launch._helm import ChartSource, Helm
from agentrig.launch._hook_trouble import hook_trouble
from agentrig.launch._interrupt import Interrupted, run_interruptible, unshaken
from agentrig.launch._rendered import read_rendered
from agentrig.launch._results import LOGS, clear_results, report_missing, report_run, show_logs
from agentrig.launch._workloads import Workload, read_workload
from agentrig.launch.preflight import (
    describe_missing,
    named_services,
    preflight,
    read_scenarios,
    scenario_files,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agentrig.launch._evidence import Trouble
    from agentrig.launch._rendered import Rendered
    from agentrig.launch._view import ShardProgress, View
    from agentrig.launch.preflight import Findings
    from agentrig.scenario import StepModels
    from agentrig.webhook import WebhookSettings

__all__ = ["LAUNCHED", "LaunchOptions", "OnInterrupt", "launch"]

LAUNCHED = {"agentrig.dev/launched": "true"}
"""The label of releases that `agentrig launch` made, in helm's own records."""
_CALL = "agentrig.dev/call"
INTERRUPTED = 2
# What a Job's own time limit does not count: a queue, a node that is still to come.
_BEFORE_START_S = 300.0
# What was installed runs, whether the API can tell of it or not.
_PATIENCE_S = 60.0
# What Kubernetes gives a pod to end, and what it takes to tell of it.
_GRACE_S, _BEYOND_GRACE_S = 30.0, 15.0


class OnInterrupt(StrEnum):
    """What becomes of a run when who launched it is told to end."""

    ASK = "ask"
    LEAVE = "leave"
    UNINSTALL = "uninstall"


class LaunchOptions(Struct, frozen=True, kw_only=True):
    """One launch. `timeout_s` None is the Job's own limit and five minutes.

    `places` says where files of the inline scenarios came from, by their names.
    """

    release: str
    namespace: str
    source: ChartSource
    results: Path
    context: str | None = None
    creates_namespace: bool = False
    checks: bool = True
    dry_run: bool = False
    keep: bool = False
    logs: bool = False
    timeout_s: float | None = None
    on_interrupt: OnInterrupt = OnInterrupt.UNINSTALL
    places: Mapping[str, str] = {}
    webhook: WebhookSettings | None = None


def launch(
    options: LaunchOptions,
    *,
    models: StepModels,
    view: View,
    say: Callable[[str], None],
    ask: Callable[[str], OnInterrupt | None],
) -> int:
    """Make one run, and give its exit code.

    `say` tells a person what is going on; `ask` is asked at an interrupt and gives what to do,
    None to go on. Raises UsageError for what is wrong with the call, InfraError for the rest.
    """
    return _Launch(options, models=models, view=view, say=say, ask=ask).run()


class _Unseen:
    """Shows nothing of a run that is ended, and says when following it has begun."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    def update(self, _: Sequence[ShardProgress], *, elapsed_s: float) -> None:
        del elapsed_s
        self.begun.set()

    def trouble(self, trouble: Trouble) -> None:
        """Show nothing."""

    def finished(self, shard: int, text: str) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Have nothing to close."""


class _Launch:
    def __init__(
        self,
        options: LaunchOptions,
        *,
        models: StepModels,
        view: View,
        say: Callable[[str], None],
        ask: Callable[[str], OnInterrupt | None],
    ) -> None:
        self._options = options
        self._models = models
        self._view = view
        self._say = say
        self._ask = ask
        self._helm = Helm(context=options.context)
        self._call = secrets.token_hex(8)
        self._rendered: Rendered | None = None
        self._begun = False
        self._is_uninstalled = False

    def run(self) -> int:
        """Go through all steps; whatever an interrupt leaves is decided here."""
        options = self._options
        work = self._check_and_install
        while True:
            try:
                code = run_interruptible(work())
            except Interrupted as signal:
                if not self._is_installed():
                    self._say(f"{signal}: nothing was installed")
                    return INTERRUPTED
                wish = self._wish(signal)
                if wish is None:
                    work = self._follow
                    continue
                self._leave() if wish is OnInterrupt.LEAVE else self._end_early()
                return INTERRUPTED
            except Exception:
                # Whatever it was: the results of the run are still in the cluster.
                if work == self._follow:
                    self._leave()
                raise
            if work == self._follow:
                return self._end(code)
            if options.dry_run:
                return code
            work = self._follow

    async def _check_and_install(self) -> int:
        options = self._options
        # Both take a moment, and neither needs the other.
        manifests, version = await asyncio.gather(
            self._helm.template(options.release, options.source, namespace=options.namespace),
            self._helm.version(),
        )
        self._rendered = rendered = read_rendered(
            manifests, release=options.release, namespace=options.namespace
        )
        if options.checks:
            await self._check(rendered, version)
        if options.dry_run:
            self._say("everything is there, and nothing was installed: --dry-run")
            return 0
        clear_results(options.results)
        self._begun = True
        try:
            await self._helm.install(
                options.release,
                options.source,
                namespace=options.namespace,
                create_namespace=options.creates_namespace,
                labels={**LAUNCHED, _CALL: self._call},
            )
        except ClusterError as error:
            words = await self._hook_trouble(rendered)
            await self._undo()
            if words:
                raise ClusterError("\n  ".join([str(error), *words])) from error
            raise
        self._say(f"release {options.release} is installed in namespace {options.namespace}")
        return 0

    async def _check(self, rendered: Rendered, version: tuple[int, int]) -> None:
        async with self._cluster() as cluster:
            files = await scenario_files(cluster, rendered)
            scenarios = read_scenarios(files, self._models, places=self._options.places)
            services = named_services(rendered, scenarios)
            findings: Findings = await preflight(
                cluster,
                rendered,
                services=services,
                helm=version,
                creates_namespace=self._options.creates_namespace,
            )
        for doubt in findings.doubted:
            self._say(f"note: {doubt}")
        if findings.unchecked:
            self._say("not checked, as this account may not look: " + "; ".join(findings.unchecked))
        if findings.missing:
            if not self._options.dry_run:
                report_missing(
                    findings,
                    rendered,
                    self._options.results,
                    say=self._say,
                    webhook=self._options.webhook,
                )
            raise ClusterError(describe_missing(findings))

    async def _follow(self) -> int:
        options, rendered = self._options, self._rendered
        if rendered is None:
            raise RuntimeError("what is followed was rendered before")
        timeout_s = options.timeout_s
        if timeout_s is None and rendered.deadline_s is not None:
            timeout_s = rendered.deadline_s + _BEFORE_START_S
        async with self._cluster() as cluster:
            workload = await self._workload(cluster, rendered)
            try:
                followed = await follow(
                    cluster,
                    workload,
                    view=self._view,
                    logs=options.results / LOGS,
                    timeout_s=timeout_s,
                )
            finally:
                self._view.close()
        if options.logs:
            show_logs(followed.pods)
        return report_run(
            followed,
            workload,
            options.results,
            say=self._say,
            places=options.places,
            webhook=options.webhook,
        )

    async def _hook_trouble(self, rendered: Rendered) -> list[str]:
        if not any(rendered.install_hooks):
            return []
        async with self._cluster() as cluster:
            return await hook_trouble(cluster, rendered)

    async def _undo(self) -> None:
        """Take back an install that failed half way; a release of that name may be another's."""
        options = self._options
        try:
            if await self._our_releases():
                await self._helm.uninstall(options.release, namespace=options.namespace)
                self._say(f"what was installed of release {options.release} was removed again")
        except AgentrigError as error:
            self._say(f"release {options.release} may be left behind: {error}")

    async def _our_releases(self) -> bool:
        selector = f"{_CALL}={self._call}"
        return bool(await self._helm.releases(selector, namespace=self._options.namespace))

    def _is_installed(self) -> bool:
        if not self._begun:
            return False
        with unshaken():
            return asyncio.run(self._our_releases())

    def _wish(self, signal: Interrupted) -> OnInterrupt | None:
        options = self._options
        if options.on_interrupt is not OnInterrupt.ASK:
            self._say(f"{signal}")
            return options.on_interrupt
        return self._ask(f"release {options.release} runs in namespace {options.namespace}")

    def _leave(self) -> None:
        options = self._options
        context = f" --context {options.context}" if options.context else ""
        where = f"{options.release} -n {options.namespace}"
        self._say(
            f"release {options.release} is left as it is\n"
            f"  follow it    agentrig attach {where}{context}\n"
            f"  remove it    helm uninstall {where}"
            + (f" --kube-context {options.context}" if options.context else "")
        )

    def _end_early(self) -> None:
        """Uninstall a run that goes on, and keep what its pods say while they are ended.

        Another signal waits for their last words no longer.
        """
        try:
            run_interruptible(self._last_words())
        except Interrupted as signal:
            self._say(f"{signal}: not waiting for the last results")
        except AgentrigError as error:
            self._say(f"the last results are lost: {error}")
        if self._is_uninstalled:
            self._say(f"release {self._options.release} is uninstalled")
        else:
            self._uninstall()

    async def _last_words(self) -> None:
        options, rendered = self._options, self._rendered
        if rendered is None:
            raise RuntimeError("what is ended was rendered before")
        grace_s = float(rendered.pod_spec.get("terminationGracePeriodSeconds") or _GRACE_S)
        view = _Unseen()
        async with self._cluster() as cluster, asyncio.TaskGroup() as tasks:
            workload = await self._workload(cluster, rendered)
            following = tasks.create_task(
                follow(
                    cluster,
                    workload,
                    view=view,
                    logs=options.results / LOGS,
                    timeout_s=grace_s + _BEYOND_GRACE_S,
                )
            )
            await asyncio.wait(
                [following, tasks.create_task(view.begun.wait())],
                timeout=_BEYOND_GRACE_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            await self._helm.uninstall(
                options.release, namespace=options.namespace, pods_first=True
            )
            self._is_uninstalled = True
            followed = await following
        # What became of the Job is this call's own doing, and no news.
        report_run(
            replace(followed, troubles=()),
            workload,
            options.results,
            say=self._say,
            places=options.places,
            webhook=options.webhook,
        )

    def _uninstall(self) -> None:
        options = self._options
        with unshaken():
            asyncio.run(self._helm.uninstall(options.release, namespace=options.namespace))
        self._say(f"release {options.release} is uninstalled")

    def _end(self, code: int) -> int:
        if self._options.keep:
            self._leave()
            return code
        try:
            self._uninstall()
        except AgentrigError as error:
            self._say(f"{error}")
            self._leave()
            return code or error.exit_code
        return code

    async def _workload(self, cluster: AsyncCluster, rendered: Rendered) -> Workload:
        name = rendered.job["metadata"]["name"]
        ref = await cluster.find(f"job/{name}", namespace=rendered.namespace)
        workload = read_workload(await cluster.get(ref, patience_s=_PATIENCE_S))
        return replace(workload, awaited_secrets=rendered.made_secrets)

    def _cluster(self) -> contextlib.aclosing[AsyncCluster]:
        options = self._options
        settings = KubernetesSettings(namespace=options.namespace, context=options.context)
        return contextlib.aclosing(AsyncCluster(settings))
