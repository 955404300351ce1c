"""What a run leaves on this machine: the reports, the logs of its pods, and what they were."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from agentrig.errors import ReportError
from agentrig.launch._collect import collect
from agentrig.launch._evidence import Trouble
from agentrig.launch._stored import add_stored, bring_artifacts
from agentrig.reporters import RESULT_FILES, TerminalReporter, clear_artifacts, github_reporters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from agentrig.launch._evidence import PodEvidence
    from agentrig.launch._follow import Followed
    from agentrig.launch._rendered import Rendered
    from agentrig.launch._workloads import Workload
    from agentrig.launch.preflight import Findings
    from agentrig.stream import Reporter
    from agentrig.webhook import WebhookSettings

__all__ = ["LOGS", "clear_results", "report_missing", "report_run", "show_logs"]

LOGS = "logs"
PODS_FILE = "pods.json"
# A log comes from anywhere, and could else take the terminal over.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLOCK_BEGIN, _BLOCK_END = "-----BEGIN AGENTRIG JOURNAL ", "-----END AGENTRIG JOURNAL-----"


def clear_results(results: Path) -> None:
    """Make the folder, without the reports of an earlier run: CI would take them for this one's.

    Raises ReportError where it cannot be written.
    """
    try:
        (results / LOGS).mkdir(parents=True, exist_ok=True)
        for name in (*RESULT_FILES, PODS_FILE):
            (results / name).unlink(missing_ok=True)
        for log in [*(results / LOGS).glob("*.log"), *(results / LOGS).glob("shard-*.jsonl")]:
            log.unlink()
        clear_artifacts(results)
    except OSError as error:
        raise ReportError(f"cannot write '{error.filename}': {error.strerror}") from error


def report_run(
    followed: Followed,
    workload: Workload,
    results: Path,
    *,
    say: Callable[[str], None],
    places: Mapping[str, str] | None = None,
    webhook: WebhookSettings | None = None,
) -> int:
    """Make all reports of a run that was followed to its end; give the run's exit code.

    A report that cannot be written is told to `say`, and is no pass. `places` says where scenarios
    that were sent along lie on this machine. By `webhook` one message is sent for the whole run.
    """
    terminal = TerminalReporter(
        sys.stdout,
        colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
        results=str(results),
    )
    try:
        (results / PODS_FILE).write_bytes(_pods(followed.pods, results))
    except OSError as error:
        raise ReportError(f"cannot write '{error.filename}': {error.strerror}") from error
    pods = add_stored(followed.pods, workload, logs=results / LOGS, say=say)
    code = collect(
        pods,
        run=workload.run,
        shards=workload.shards,
        troubles=followed.troubles,
        results=results,
        # What ends last stands first.
        reporters=[*github_reporters(sys.stdout, places=places), terminal],
        last=_message(webhook),
        places=places,
        on_problem=lambda problem: say(f"error: {problem}"),
        on_warning=lambda warning: say(f"warning: {warning}"),
    )
    bring_artifacts(workload, results, say=say)
    return code


def report_missing(
    findings: Findings,
    rendered: Rendered,
    results: Path,
    *,
    say: Callable[[str], None],
    webhook: WebhookSettings | None = None,
) -> None:
    """Write the reports of a run that was never installed: what it lacks, for the CI server."""
    troubles = [
        Trouble(
            reason="Preflight",
            # Each its own name: CI servers show one test of a name.
            where=f"release {rendered.release}, {number} of {len(findings.missing)}",
            message=one.what,
            hint=one.do,
        )
        for number, one in enumerate(findings.missing, 1)
    ]
    clear_results(results)
    collect(
        (),
        run=f"{rendered.release}-1",
        shards=0,
        troubles=troubles,
        results=results,
        reporters=github_reporters(sys.stdout),
        last=_message(webhook),
        on_problem=lambda problem: say(f"error: {problem}"),
        on_warning=lambda warning: say(f"warning: {warning}"),
    )


def show_logs(pods: Sequence[PodEvidence]) -> None:
    """Print the log of each pod, without the journal that stands at its end."""
    for pod in pods:
        shard = f", shard {pod.shard}" if pod.shard else ""
        click.echo(f"--- log of pod {pod.pod}{shard}")
        if pod.log is None or not pod.log.exists():
            click.echo("    (none could be read)")
            continue
        is_block = False
        with pod.log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                is_block = is_block or _BLOCK_BEGIN in line
                if not is_block:
                    click.echo(_CONTROL.sub("", line), nl=False)
                is_block = is_block and _BLOCK_END not in line
    click.echo("--- end of the logs" if pods else "no pod left a log")


def _message(webhook: WebhookSettings | None) -> list[Reporter]:
    if webhook is None:
        return []
    from agentrig.webhook import WebhookReporter  # noqa: PLC0415  # where it is asked for

    return [WebhookReporter(webhook)]


def _pods(pods: Sequence[PodEvidence], results: Path) -> bytes:
    table = [
        {
            "pod": pod.pod,
            "shard": pod.shard,
            "created": pod.created,
            "exit_code": pod.exit_code,
            "reason": pod.reason,
            "log": str(pod.log.relative_to(results)) if pod.log else None,
        }
        for pod in pods
    ]
    return msgspec.json.format(msgspec.json.encode(table), indent=2) + b"\n"
