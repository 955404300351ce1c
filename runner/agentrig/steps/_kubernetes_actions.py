"""What each action of the kind `kubernetes` does."""

from __future__ import annotations

import json
import time
from functools import partial, singledispatch
from typing import TYPE_CHECKING, Any

from agentrig._redact import cut
from agentrig.checks import Output
from agentrig.events import CheckResult, Outcome
from agentrig.kubernetes import AsyncCluster, condition_problem, read_manifests
from agentrig.scenario import QueryError, compile_query
from agentrig.steps._context import StepContext, StepResult
from agentrig.steps._kubernetes_model import (
    Action,
    Apply,
    Delete,
    Exec,
    Logs,
    Patch,
    Rollout,
    Scale,
    SetEnv,
    Wait,
    read_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.documents import Location
    from agentrig.kubernetes import ObjectRef, Snapshot
    from agentrig.steps.kubernetes import KubernetesExpect

__all__ = ["act"]

# Of a step's time, left for saying what did not come: the engine's own end of the step knows less.
_LEFT_S = 1.0
_STDERR_CHARACTERS = 2_000
_VALUE_CHARACTERS = 500


async def act(
    action: Action, expect: KubernetesExpect | None, title: str, context: StepContext
) -> StepResult:
    """Do an action. Raises ClusterError where the API refuses, or a rollout does not end."""

    async def connect() -> AsyncCluster:
        return AsyncCluster(context.kubernetes())

    cluster = await context.resource("kubernetes", connect)
    work = _Work(cluster, action, expect, title, context)
    return await _do(action, work)


class _Work:
    """One action in its step."""

    def __init__(
        self,
        cluster: AsyncCluster,
        action: Action,
        expect: KubernetesExpect | None,
        title: str,
        context: StepContext,
    ) -> None:
        self.cluster = cluster
        self.expect = expect
        self.context = context
        self.began_at = time.time()
        self._action = action
        self._title = title
        self._begin = time.perf_counter()

    async def find(self, ref: str) -> ObjectRef:
        return await self.cluster.find(ref, namespace=self._action.namespace)

    async def find_manifest(self, manifest: dict[str, Any]) -> ObjectRef:
        return await self.cluster.find_manifest(manifest, namespace=self._action.namespace)

    async def remember(self, ref: ObjectRef, *, restore: bool) -> Snapshot:
        """Keep the object as it is, and have the teardown put it back, before it is changed."""
        snapshot = await self.cluster.snapshot(ref)
        if restore:
            self.context.on_teardown(partial(self.cluster.restore, snapshot))
        return snapshot

    def within_s(self) -> float:
        """How long may be waited, so that there is time to say that it did not come."""
        limit_s = self.context.timeout_s
        spent_s = time.perf_counter() - self._begin
        left_s = limit_s - min(_LEFT_S, limit_s / 4) - spent_s
        within_s: float | None = getattr(self._action, "within", None)
        return max(0.0, left_s if within_s is None else min(within_s, left_s))

    def result(self, data: Any, *, text: str | None = None, **check: Any) -> StepResult:
        """Give the result; `check` is that of the action itself, if it has one."""
        elapsed_ms = (time.perf_counter() - self._begin) * 1000
        output = Output(data=data, text=text, elapsed_ms=elapsed_ms)
        return StepResult(checks=(self._check(**check),) if check else (), output=output)

    def _check(self, *, check: str, problem: str | None, at: Location = ()) -> CheckResult:
        if problem is None:
            return CheckResult(check=check, outcome=Outcome.PASSED)
        return CheckResult(
            check=check,
            outcome=Outcome.FAILED,
            message=f"[{self._title}] {problem}",
            at=self.context.locate(("kubernetes", *at) if at[:1] != ("expect",) else at),
        )


@singledispatch
async def _do(action: Action, work: _Work) -> StepResult:
    raise NotImplementedError(f"{type(action).__name__} ({work})")


@_do.register
async def _apply(action: Apply, work: _Work) -> StepResult:
    applied = []
    for manifest in _manifests(action, work):
        ref = await work.find_manifest(manifest)
        snapshot = await work.remember(ref, restore=action.restore)
        snapshot.after = await work.cluster.apply(ref, manifest, force=action.force)
        applied.append(snapshot.after)
    return work.result(applied[0] if len(applied) == 1 else applied)


@_do.register
async def _delete(action: Delete, work: _Work) -> StepResult:
    if action.object is not None:
        refs = [await work.find(action.object)]
    else:
        # As they were made, the other way round: what a namespace holds goes before it.
        manifests = reversed(_manifests(action, work))
        refs = [await work.find_manifest(one) for one in manifests]
    deleted = [await work.cluster.delete(ref, ignore_missing=action.ignore_missing) for ref in refs]
    problem = None
    for ref in refs if action.wait else ():
        waited = await work.cluster.wait_gone(ref, timeout_s=work.within_s())
        if waited.problem and problem is None:
            problem = f"{ref} in {ref.where} was deleted: {waited.problem}"
    data = deleted[0] if len(deleted) == 1 else deleted
    return work.result(data, check="deleted", problem=problem, at=("delete",))


@_do.register
async def _patch(action: Patch, work: _Work) -> StepResult:
    ref = await work.find(action.object)
    snapshot = await work.remember(ref, restore=action.restore)
    if action.json_ is not None:
        snapshot.after = await work.cluster.patch(ref, action.json_, how="json")
    elif action.merge is not None:
        snapshot.after = await work.cluster.patch(ref, action.merge, how="merge")
    else:
        snapshot.after = await work.cluster.patch(ref, action.strategic, how="strategic")
    return work.result(snapshot.after)


@_do.register
async def _set_env(action: SetEnv, work: _Work) -> StepResult:
    ref = await work.find(action.object)
    snapshot = await work.remember(ref, restore=action.restore)
    snapshot.after = await work.cluster.set_env(ref, action.env, container=action.container)
    return work.result(snapshot.after)


@_do.register
async def _scale(action: Scale, work: _Work) -> StepResult:
    ref = await work.find(action.object)
    snapshot = await work.remember(ref, restore=action.restore)
    snapshot.after = await work.cluster.scale(ref, action.replicas)
    return work.result(snapshot.after)


@_do.register
async def _rollout(action: Rollout, work: _Work) -> StepResult:
    ref = await work.find(action.object)
    if action.restart:
        await work.cluster.restart(ref)
    return work.result(await work.cluster.wait_rollout(ref, timeout_s=work.within_s()))


@_do.register
async def _exec(action: Exec, work: _Work) -> StepResult:
    ref = await work.find(action.object)
    done = await work.cluster.exec(ref, action.command, container=action.container)
    data = {"exit_code": done.exit_code, "stdout": done.stdout, "stderr": done.stderr}
    expected = _expected_exit_code(work.expect)
    if expected is None:
        return work.result(data, text=done.stdout)
    problem = None
    if done.exit_code != expected:
        said = (done.stderr or done.stdout).strip()[-_STDERR_CHARACTERS:]
        problem = f"exit code {done.exit_code}, expected {expected}" + (f": {said}" if said else "")
    written = work.expect is not None and work.expect.exit_code is not None
    at = ("expect", "exit_code") if written else ("exec", "command")
    return work.result(data, text=done.stdout, check="exit_code", problem=problem, at=at)


@_do.register
async def _wait(action: Wait, work: _Work) -> StepResult:
    ref = await work.find(action.object)
    within_s = work.within_s()
    if action.for_ == "deleted":
        waited = await work.cluster.wait_gone(ref, timeout_s=within_s)
    else:
        waited = await work.cluster.wait(ref, _problem_of(action, work), timeout_s=within_s)
    what = action.for_ or f"jq {action.jq}"
    return work.result(
        waited.object,
        check=f"wait for {what}",
        problem=f"{ref} in {ref.where}: {waited.problem}" if waited.problem else None,
        at=("wait", "for" if action.for_ else "jq"),
    )


def _problem_of(action: Wait, work: _Work) -> Callable[[dict[str, Any]], Any]:
    if action.for_ is not None:
        _, condition, status = (*action.for_.split("="), "True")[:3]

        async def condition_of(found: dict[str, Any]) -> str | None:
            return condition_problem(found, condition=condition, status=status)

        return condition_of
    program = action.jq or ""
    query = compile_query(program, None)

    async def truth_of(found: dict[str, Any]) -> str | None:
        try:
            value = await query.evaluate(found, work.context.names)
        except QueryError as error:
            return f"'{program}' fails: {error}"
        if value is True:
            return None
        return f"'{program}' gives {cut(json.dumps(value), _VALUE_CHARACTERS)}, not true"

    return truth_of


@_do.register
async def _logs(action: Logs, work: _Work) -> StepResult:
    where = action.selector or await work.find(action.object or "")
    within_s = work.within_s()
    since_s = work.began_at if action.since == "step" else work.context.started_at
    matches, wanted = _line_matcher(action)
    found = await work.cluster.search_logs(
        where,
        matches,
        since_s=since_s,
        timeout_s=within_s,
        container=action.container,
        namespace=action.namespace,
    )
    lines = [
        {"pod": one.pod, "container": one.container, "text": one.text} for one in found.matched
    ]
    return work.result(
        lines,
        text="".join(f"{one['text']}\n" for one in lines),
        check="logs",
        problem=found.problem(wanted, within_s=within_s),
        at=("logs", "contains" if action.contains else "matches"),
    )


def _line_matcher(action: Logs) -> tuple[Callable[[str], bool], str]:
    if action.contains is not None:
        text = action.contains
        return (lambda line: text in line), f"contains '{text}'"
    import regex  # noqa: PLC0415  # 20 ms, seldom used

    pattern = regex.compile(action.matches or "")
    return (lambda line: bool(pattern.search(line))), f"matches '{action.matches}'"


def _manifests(action: Apply | Delete, work: _Work) -> list[dict[str, Any]]:
    if action.file is not None:
        return read_file(work.context.folder, action.file)
    return read_manifests(action.manifest)


def _expected_exit_code(expect: KubernetesExpect | None) -> int | None:
    """Give the exit code to check for; None where a check of the file asks for it itself."""
    if expect is None:
        return 0
    if expect.exit_code is not None:
        return expect.exit_code
    asks = any("exit_code" in (check.subject.selector or "") for check in expect.checks)
    return None if asks else 0
