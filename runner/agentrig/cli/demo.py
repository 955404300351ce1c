"""`agentrig demo`: the embedded demo, and its agents and sidecars as single processes."""

from __future__ import annotations

import difflib
import importlib.util
import os
import signal
import threading
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, get_args

import click

from agentrig.demo import Ports, find_scenarios
from agentrig.demo.manifests import AGENTS, Manifest
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agentrig.demo.embedded import Demo

__all__ = ["demo"]

_NEEDED = ("starlette", "uvicorn", "lightkube")
_RUN_OPTIONS = "agentrig.demo.run_options"


class _DemoGroup(click.Group):
    """A group that keeps its own options and leaves all others to `agentrig run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, ctx.meta[_RUN_OPTIONS] = self._split(args)
        return super().parse_args(ctx, own)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            raise UsageError(_no_such("demo command", args[0], sorted(self.commands)))
        return super().resolve_command(ctx, args)

    def _split(self, args: Sequence[str]) -> tuple[list[str], list[str]]:
        flags, valued = {"--serve", "--help"}, {"--ports"}
        own: list[str] = []
        others: list[str] = []
        rest = iter(args)
        for arg in rest:
            if arg == "--":
                others += [arg, *rest]
            elif not arg.startswith("-") and not others:
                own += [arg, *rest]
            elif arg in valued:
                own += [arg, *[value for value, _ in zip(rest, range(1), strict=False)]]
            elif arg in flags or arg.partition("=")[0] in valued:
                own.append(arg)
            else:
                others.append(arg)
        return own, others


@click.group(
    cls=_DemoGroup,
    invoke_without_command=True,
    subcommand_metavar="[RUN_OPTIONS]... | COMMAND [ARGS]...",
)
@click.option("--serve", is_flag=True, help="Run no scenarios: stay up until Ctrl-C or SIGTERM.")
@click.option(
    "--ports",
    type=click.Choice(get_args(Ports)),
    help="Use any free ports, or 4000 to 4013.  [default: free; with --serve: fixed]",
)
@click.pass_context
def demo(ctx: click.Context, *, serve: bool, ports: Ports | None) -> None:
    """Run the demo scenarios against five agents in this process.

    With --serve there is also the playground, which scenarios/examples run against.

    Options that the demo does not know, such as -k EXPR or --results DIR, are handed to
    `agentrig run`. OPA_URL makes the sidecars ask a real Open Policy Agent.
    """
    if ctx.invoked_subcommand is not None:
        return
    run_options: list[str] = ctx.meta[_RUN_OPTIONS]
    if serve and run_options:
        raise UsageError(f"'{run_options[0]}' is an option of a run, and --serve runs nothing")
    _check_installed()
    from agentrig.demo.embedded import running_demo  # noqa: PLC0415 - after the check

    opa_url = os.environ.get("OPA_URL") or None
    if serve:
        with (
            _stop_signals() as stopped,
            running_demo(ports=ports or "fixed", opa_url=opa_url, playground=True) as running,
        ):
            click.echo(_table(running))
            stopped.wait()
        return
    from agentrig.cli.run import run_paths  # noqa: PLC0415 - it brings pytest in

    with running_demo(ports=ports or "free", opa_url=opa_url) as running:
        code = run_paths(
            [str(find_scenarios())],
            targets=running.targets(),
            extra_args=run_options,
            kube_server=running.kube_server,
        )
    ctx.exit(code)


@demo.command()
@click.argument("name")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def agent(name: str, *, host: str, port: int) -> None:
    """Serve the agent NAME until SIGTERM.

    AGENTSPEC_SIDECAR_URL is where an agent that pushes events pushes them,
    such as http://fitness-tracker:4001.
    """
    manifest = _manifest_of(name)
    _check_installed()
    from agentrig.demo.sidecar import check_url  # noqa: PLC0415 - after the check
    from agentrig.demo.standalone import running_agent  # noqa: PLC0415 - after the check

    sidecar_url = os.environ.get("AGENTSPEC_SIDECAR_URL") or None
    if sidecar_url is not None:
        check_url(sidecar_url, what="AGENTSPEC_SIDECAR_URL")
    with (
        _stop_signals() as stopped,
        running_agent(manifest, host=host, port=port, sidecar_url=sidecar_url),
    ):
        click.echo(f"agent {name} on {host}:{port}, events to {sidecar_url or 'nobody'}")
        stopped.wait()


@demo.command()
@click.argument("name")
@click.option("--upstream", required=True, help="URL of the agent itself.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--proxy-port", default=4000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--control-port", default=4001, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--public-url",
    help="The proxy's URL for callers, shown in the A2A card.  [default: http://NAME:PROXY_PORT]",
)
def sidecar(
    name: str,
    *,
    upstream: str,
    host: str,
    proxy_port: int,
    control_port: int,
    public_url: str | None,
) -> None:
    """Serve the sidecar of the agent NAME until SIGTERM.

    OPA_PROXY_MODE is track (the default), enforce or off. OPA_URL names an Open Policy Agent
    that has the demo's policy loaded; without it the same rules run inside the sidecar.
    """
    manifest = _manifest_of(name)
    _check_installed()
    from agentrig.demo.sidecar import SidecarConfig  # noqa: PLC0415 - after the check
    from agentrig.demo.standalone import running_sidecar  # noqa: PLC0415 - after the check

    config = SidecarConfig.from_environment(
        os.environ,
        manifest=manifest,
        upstream=upstream,
        public_url=public_url or f"http://{name}:{proxy_port}",
    )
    with (
        _stop_signals() as stopped,
        running_sidecar(config, host=host, proxy_port=proxy_port, control_port=control_port),
    ):
        click.echo(
            f"sidecar of {name} on {host}: proxy {proxy_port}, control {control_port}, "
            f"upstream {upstream}, policy {config.mode.value} by {config.opa_url or 'built-in rules'}"
        )
        stopped.wait()


@demo.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=4010, show_default=True, type=click.IntRange(1, 65535))
@click.option("--tls-port", default=4011, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--client-tls-port",
    default=4012,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where a client must show a certificate.",
)
def playground(*, host: str, port: int, tls_port: int, client_tls_port: int) -> None:
    """Serve the playground until SIGTERM."""
    _check_installed()
    from agentrig.demo.standalone import serving_playground  # noqa: PLC0415 - after the check

    ports = (port, tls_port, client_tls_port)
    with _stop_signals() as stopped, serving_playground(host=host, ports=ports):
        click.echo(
            f"playground on {host}:{port}, TLS on {tls_port}, "
            f"with a client's certificate on {client_tls_port}"
        )
        stopped.wait()


@demo.command()
def policy() -> None:
    """Print the policy in Rego, to load into the Open Policy Agent that OPA_URL names."""
    click.echo((files("agentrig.demo") / "policy.rego").read_text(), nl=False)


def _manifest_of(name: str) -> Manifest:
    if name not in AGENTS:
        raise UsageError(_no_such("agent", name, list(AGENTS)))
    return AGENTS[name]


def _no_such(what: str, name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"there is no {what} '{name}': {hint}there are {', '.join(known)}"


def _check_installed() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo needs {' and '.join(missing)}, not installed here: "
            "pip install 'agentrig[demo]'"
        )


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Turn SIGINT and SIGTERM into an event. PID 1 of a container has no default for SIGTERM."""
    stopped = threading.Event()

    def stop(*_: Any) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _table(running: Demo) -> str:
    rows = [("AGENT", "PROXY", "CONTROL")]
    rows += [(name, urls.proxy_url, urls.control_url) for name, urls in running.agents.items()]
    if running.playground is not None:
        rows.append(("playground", running.playground.url, ""))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    lines = [line.rstrip() for line in lines]
    if running.playground is not None:
        urls = running.playground
        lines.append(f"Playground with TLS: {urls.tls_url}")
        lines.append(f"Playground with TLS and a client's certificate: {urls.client_tls_url}")
    return "\n".join([*lines, f"Kubernetes stand-in: {running.kube_server}", "Ctrl-C stops it."])
