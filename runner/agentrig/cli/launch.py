"""`agentrig launch`: one run in a cluster, from the install to its exit code."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentrig._collector import importing
from agentrig.cli._cluster_options import (
    cluster_options,
    namespace_of,
    plain_or_live_view,
    results_option,
    seconds_of,
)
from agentrig.cli._labels import commit_of_build, labels_of
from agentrig.cli._webhook_options import webhook_of, webhook_options
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from agentrig.launch import OnInterrupt

__all__ = ["launch"]

_STDIN = "-"


@click.command()
@click.argument("release", required=False)
@click.option(
    "-f",
    "--values",
    multiple=True,
    metavar="FILE",
    help="Values of the chart, as helm's -f; '-' is standard input. Repeatable.",
)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="As helm's. Repeatable.")
@click.option("--set-string", multiple=True, metavar="KEY=TEXT", help="As helm's. Repeatable.")
@click.option("--set-file", multiple=True, metavar="KEY=FILE", help="As helm's. Repeatable.")
@click.option(
    "--scenarios",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="PATH",
    help="Run these files of this machine too, or all in a folder: up to 1 MB. Repeatable.",
)
@click.option(
    "--commit",
    metavar="SHA",
    help="Commit under test. Default: the CI server's, else that of the current folder.",
)
@click.option(
    "--label",
    "labels",
    envvar="AGENTRIG_LAUNCH_LABEL",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the results are to be found by, such as environment=staging. Repeatable.",
)
@click.option("--chart", metavar="CHART", help="Another chart: folder, REPO/NAME or oci://URL.")
@click.option("--chart-version", metavar="VERSION", help="Version of a chart from a repository.")
@cluster_options
@click.option("--create-namespace", is_flag=True, help="Make the namespace if it is not there.")
@click.option("--keep", is_flag=True, help="Do not uninstall the release at the end.")
@click.option(
    "--timeout",
    metavar="TIME",
    help="Longest that the run is waited for, such as 30m. Default: its own deadline and 5m.",
)
@click.option("--logs", is_flag=True, help="Print the log of each pod at the end.")
@results_option
@click.option("--no-preflight", is_flag=True, help="Install without looking for what is missing.")
@click.option("--dry-run", is_flag=True, help="Look for what is missing, and install nothing.")
@click.option(
    "--on-interrupt",
    # Of an enum, click 8.2 and newer take the names of the members instead of their values.
    type=click.Choice(["ask", "leave", "uninstall"]),
    help="What Ctrl-C does to the run.  [default: ask on a terminal, else uninstall]",
)
@webhook_options
def launch(
    release: str | None,
    *,
    values: tuple[str, ...],
    sets: tuple[str, ...],
    set_string: tuple[str, ...],
    set_file: tuple[str, ...],
    scenarios: tuple[Path, ...],
    commit: str | None,
    labels: tuple[str, ...],
    chart: str | None,
    chart_version: str | None,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: Path | None,
    create_namespace: bool,
    keep: bool,
    timeout: str | None,
    logs: bool,
    results: Path,
    no_preflight: bool,
    dry_run: bool,
    on_interrupt: str | None,
    **others: Any,
) -> int:
    """Run scenarios in a cluster, and exit with the run's code.

    Installs the chart as RELEASE (default: a new name), follows the run, writes its results
    and uninstalls the release. All that the run would miss in the cluster is named before.

    Exit codes: 0 passed, 1 tests failed, 2 interrupted, 3 infrastructure error, 4 wrong values
    or an invalid scenario, 5 nothing selected.
    """
    with importing():
        from agentrig import launch as launching  # noqa: PLC0415  # 100 ms
        from agentrig.steps import step_kinds  # noqa: PLC0415  # as above

    name = launching.check_release_name(release or launching.new_release_name())
    timeout_s = seconds_of(timeout, "--timeout") if timeout else None
    webhook = None if dry_run else webhook_of(others, store=None, name=release)
    local = launching.read_local_scenarios(scenarios) if scenarios else {}
    where = namespace_of(namespace=namespace, kube_context=kube_context, kubeconfig=kubeconfig)
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    with tempfile.TemporaryDirectory(prefix="agentrig-") as work:
        files = [_readable(file, Path(work)) for file in values]
        if local:
            inline = Path(work, "inline.yaml")
            texts = {one.name: one.text for one in local}
            files.append(str(launching.write_inline_values(texts, inline)))
        source = chart or str(launching.bundled_chart())
        found = None if commit or not launching.takes_commit(source) else commit_of_build()
        if found:
            # First, so that values which name a commit win.
            default = Path(work, "commit.yaml")
            launching.write_labels_values(default, commit=found, labels={}, is_default=True)
            files.insert(0, str(default))
        if commit or labels:
            given = Path(work, "labels.yaml")
            launching.write_labels_values(given, commit=commit, labels=labels_of(labels))
            files.append(str(given))
        options = launching.LaunchOptions(
            release=name,
            namespace=where,
            source=launching.ChartSource(
                chart=source,
                version=chart_version,
                values=tuple(files),
                set=sets,
                set_string=set_string,
                set_file=set_file,
            ),
            results=results,
            context=kube_context,
            creates_namespace=create_namespace,
            checks=not no_preflight,
            dry_run=dry_run,
            keep=keep,
            logs=logs,
            timeout_s=timeout_s,
            on_interrupt=launching.OnInterrupt(
                on_interrupt or ("ask" if is_terminal else "uninstall")
            ),
            places={one.name: one.place for one in local},
            webhook=webhook,
        )
        return launching.launch(
            options, models=step_kinds(), view=plain_or_live_view(), say=_say, ask=_ask
        )


def _readable(file: str, work: Path) -> str:
    """Give a file that helm can read twice: once to check, once to install."""
    if file != _STDIN:
        if not Path(file).is_file() and "://" not in file:
            raise UsageError(f"--values '{file}': there is no such file")
        return file
    kept = work / "stdin.yaml"
    kept.write_bytes(sys.stdin.buffer.read())
    return str(kept)


def _say(message: str) -> None:
    click.echo(message, err=True)


def _ask(question: str) -> OnInterrupt | None:
    """Ask what becomes of the run; another Ctrl-C, or no answer at all, leaves it running."""
    from agentrig.launch import OnInterrupt  # noqa: PLC0415  # loaded already

    answers = {"l": OnInterrupt.LEAVE, "u": OnInterrupt.UNINSTALL, "g": None}
    try:
        answer = click.prompt(
            f"\n{question}: (l)eave it running, (u)ninstall it, or (g)o on watching",
            type=click.Choice(sorted(answers)),
            default="l",
            show_choices=False,
            err=True,
        )
    except click.Abort:
        click.echo(err=True)
        return OnInterrupt.LEAVE
    return answers[answer]
