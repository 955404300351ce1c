"""`agentrig run`: pytest with a known, minimal set of plugins."""

from __future__ import annotations

import os
import site
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentrig._choices import Via
from agentrig._collector import importing
from agentrig.cli._labels import commit_under_test, labels_of
from agentrig.cli._output import PlainOutput
from agentrig.cli._schedule_options import schedule_of, schedule_options, shard_of
from agentrig.cli._search_options import search_of, search_options
from agentrig.cli._signals import Interrupts
from agentrig.cli._store_options import store_of, store_options
from agentrig.cli._webhook_options import webhook_of, webhook_options
from agentrig.documents import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentrig.cli._output import Output
    from agentrig.events import Source
    from agentrig.pytest_plugin import AgentrigPlugin, RunOptions

__all__ = ["run", "run_paths"]

DEFAULT_RESULTS = Path("results")

# pytest with only what a run needs: installed plugins stay out, and so does what the project in
# which the scenarios lie asks of its own tests; the cache would be written where a pod cannot write.
_PYTEST_ARGS = (
    "--disable-plugin-autoload",
    *("-p", "no:cacheprovider"),
    *("-o", "addopts=", "-o", "required_plugins=", "-o", "filterwarnings="),
    *("-o", "strict=false", "-o", "strict_config=false", "-o", "log_cli=false"),
    *("-qqqq", "--no-header", "--no-summary"),
)
# The same from the environment of a CI server: options come after `--`.
_PYTEST_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH... [-- PYTEST_ARGS]")
@click.option(
    "--via",
    # Of an enum, click 8.2 and newer take the names of the members instead of their values.
    type=click.Choice([way.value for way in Via]),
    help="How target names become URLs.",
)
@click.option(
    "--target",
    "targets",
    envvar="AGENTRIG_RUN_TARGET",
    multiple=True,
    metavar="NAME=URL",
    help="URL of a target; NAME may be AGENT/NAME. Repeatable.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=DEFAULT_RESULTS,
    show_default=True,
    help="Where results are written.",
)
@click.option(
    "--reporter",
    "reporters",
    envvar="AGENTRIG_RUN_REPORTER",
    multiple=True,
    metavar="NAME[=ARG]",
    help="Reporter of another package. Repeatable.",
)
@click.option("-k", "keyword", metavar="EXPR", help="Run what matches, as pytest's -k.")
@click.option(
    "-t", "--tags", metavar="EXPR", help="Run what has tags, such as 'smoke and not slow'."
)
@schedule_options
@click.option(
    "--rate",
    "rates",
    envvar="AGENTRIG_RUN_RATE",
    multiple=True,
    metavar="NAME=RATE",
    help="Requests to a target, such as proxy=20/s; NAME may be AGENT/NAME. Repeatable.",
)
@click.option(
    "--slo",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Goal of the whole run, such as p95_ms=800 or error_rate=0.01. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Print the plan, and run nothing.")
@click.option(
    "--namespace",
    metavar="NAME",
    help="Namespace of the agents. Default: the pod's own, else 'demo'.",
)
@click.option("--cluster-domain", metavar="DOMAIN", help="Default: cluster.local.")
@click.option(
    "--context",
    "kube_context",
    envvar="AGENTRIG_RUN_CONTEXT",
    metavar="NAME",
    help="Context of the kubeconfig.",
)
@click.option("--kube-server", metavar="URL", help="The Kubernetes API of `agentrig demo --serve`.")
@click.option(
    "--secrets",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder of secrets, a file each, as Kubernetes mounts them. Else from the environment.",
)
@click.option(
    "--packages",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Libraries of Python modules, from `fetch packages`; looked for last.",
)
@click.option(
    "--source",
    "source_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    envvar="AGENTRIG_RUN_SOURCE",
    help="Where the scenarios come from, as `fetch --record` wrote it: told in every report.",
)
@click.option(
    "--commit",
    metavar="SHA",
    help="Commit under test. Default: that of --source, else what the CI server says.",
)
@click.option(
    "--label",
    "labels",
    envvar="AGENTRIG_RUN_LABEL",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the results are to be found by, such as environment=staging. Repeatable.",
)
@store_options
@search_options
@webhook_options
@click.option("--run-id", metavar="ID", help="Name of the run. Default: time and chance.")
@click.option(
    "--resume/--no-resume",
    default=True,
    help="Keep what earlier attempts at a run with this --run-id have found. Default: do.",
)
@click.option(
    "--termination-log",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep a summary under 4,096 bytes here, rewritten after every scenario.",
)
@click.option(
    "--log-journal", is_flag=True, help="Print the journal at the end, for `agentrig report`."
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    # `main` has read it before, so that a wrong command line is told of in the log as well.
    expose_value=False,
    help="Print a log with times, as a pod does: lines, or an object a line. Default: a report.",
)
@click.option(
    "--color/--no-color",
    "colour",
    envvar="AGENTRIG_RUN_COLOR",
    default=None,
    help="Default: colour on a terminal, unless NO_COLOR is set.",
)
def run(
    paths: tuple[str, ...],
    *,
    via: str | None,
    targets: tuple[str, ...],
    results: Path,
    reporters: tuple[str, ...],
    keyword: str | None,
    tags: str | None,
    rates: tuple[str, ...],
    slo: tuple[str, ...],
    dry_run: bool,
    namespace: str | None,
    cluster_domain: str | None,
    kube_context: str | None,
    kube_server: str | None,
    secrets: Path | None,
    packages: Path | None,
    source_file: Path | None,
    commit: str | None,
    labels: tuple[str, ...],
    run_id: str | None,
    resume: bool,
    termination_log: Path | None,
    log_journal: bool,
    colour: bool | None,
    fail_on_flaky: bool,
    durations: tuple[Path, ...],
    **others: Any,
) -> int:
    """Run scenarios and Python modules.

    What follows `--` goes to pytest as it is. Exit codes: 0 passed, 1 tests failed,
    2 interrupted, 3 infrastructure or runner error, 4 usage or invalid scenario,
    5 nothing selected.
    """
    # Another process reads while this one imports.
    with closing(ReadAhead(paths)) as ahead:
        with importing():
            from agentrig.pytest_plugin import (  # noqa: PLC0415  # pytest: 110 ms
                RunOptions,
                new_run_id,
                read_durations,
            )
            from agentrig.targets import target_settings  # noqa: PLC0415  # 60 ms

        settings = target_settings(
            via=via,
            namespace=namespace,
            cluster_domain=cluster_domain,
            targets=targets,
            rates=rates,
            slo=slo,
        )
        source = _source_of(source_file) if source_file else None
        # None where another command calls, as the demo does.
        output: Output = click.get_current_context().obj or PlainOutput()
        options = RunOptions(
            targets=settings,
            schedule=schedule_of(others, settings.slo),
            shard=shard_of(others, durations),
            durations=read_durations(durations),
            fail_on_flaky=fail_on_flaky,
            keep_exchanges=others["exchanges"] == "all",
            dry_run=dry_run,
            results=None if dry_run else results,
            reporters=() if dry_run else reporters,
            secrets=secrets,
            source=source,
            commit=commit_under_test(commit, source),
            labels=labels_of(labels),
            run_id=run_id or new_run_id(),
            resume=resume and run_id is not None,
            store=store_of(others),
            search=None if dry_run else search_of(others, secrets),
            webhook=None if dry_run else webhook_of(others, store=others["store"]),
            termination_log=None if dry_run else termination_log,
            log_journal=log_journal,
            terminal=output.stream(),
            log=output.log,
            colour=not output.log and (_wants_colour() if colour is None else colour),
            live=not output.log
            and sys.stdout.isatty()
            and os.environ.get("TERM", "dumb") != "dumb",
            kube_context=kube_context,
            kube_server=kube_server,
        )
        if packages:
            # At the end: what agentrig itself was tested with is found first.
            site.addsitedir(str(packages))
        selection = [*(["-k", keyword] if keyword else []), *(["-m", tags] if tags else [])]
        return _run_pytest(options, [*selection, *paths], output, ahead)


def run_paths(
    paths: Sequence[str],
    *,
    targets: Mapping[str, str],
    extra_args: Sequence[str] = (),
    kube_server: str | None = None,
) -> int:
    """Run `paths` against targets that are known already, as the demo does; give the exit code.

    `extra_args` are arguments of `agentrig run`; `kube_server` is the URL of the Kubernetes API.
    """
    args = [*paths]
    for name, url in targets.items():
        args += ["--target", f"{name}={url}"]
    if kube_server:
        args += ["--kube-server", kube_server]
    code: int = run.main([*args, *extra_args], prog_name="agentrig run", standalone_mode=False)
    return code


def _run_pytest(options: RunOptions, args: Sequence[str], output: Output, ahead: ReadAhead) -> int:
    import pytest  # noqa: PLC0415  # 110 ms
    import pytest_timeout  # type: ignore[import-untyped]  # noqa: PLC0415  # ships no types

    from agentrig import pytest_plugin  # noqa: PLC0415

    plugin = pytest_plugin.AgentrigPlugin(options, ahead)
    for name in _PYTEST_VARIABLES:
        os.environ.pop(name, None)
    code = 0
    own_args = [*_PYTEST_ARGS]
    if output.log:
        output.log.hide = plugin.run.stream.secrets.hide
        # Its words would go where those of others go, and die there with the process.
        own_args += ["-p", "no:faulthandler"] if output.log.is_json else []
    with Interrupts(
        lambda: plugin.exit_code is not None, plugin.run.abort, output.say_signal
    ) as interrupts:
        try:
            # Not by `-p`: to find what it names, pytest looks at every package there is, for 2 ms.
            plugins = [pytest_timeout, plugin, pytest_plugin]
            code = pytest.main([*own_args, *args], plugins=plugins)
            interrupts.end()
        except OSError:
            # pytest's last words did not get out, as to a full disk. Ours did not either, and say so.
            if plugin.exit_code is None:
                raise
        except KeyboardInterrupt:
            # Before pytest's session began, or in fixtures that clean up after the reports.
            plugin.end_early(interrupted=True)
    if code != 0:
        plugin.end_early(exit_code=int(code))
    _say_shortcomings(plugin, output)
    code = int(code) if plugin.exit_code is None else plugin.exit_code
    if options.terminal:
        # What is left to be written to a pipe that nobody reads any more is lost.
        with suppress(OSError):
            options.terminal.close()
    if plugin.run.lingers:
        # The interpreter would wait for the thread that a step left behind.
        sys.stderr.flush()
        output.close()
        os._exit(code)
    return code


def _say_shortcomings(plugin: AgentrigPlugin, output: Output) -> None:
    for warning in plugin.run.stream.warnings:
        output.say_warning(warning)
    for problem in plugin.problems():
        output.say_error(str(problem))


def _source_of(file: Path) -> Source:
    from agentrig.fetch import read_source  # noqa: PLC0415  # only for what was fetched

    return read_source(file)


def _wants_colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
