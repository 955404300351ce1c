"""The command line of `ci/cluster`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kube import choose, kind
from kube.engineless import DEFAULT_FOLDER
from kube.errors import ClusterError
from kube.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kube.backend import Backend, Status

DESCRIPTION = f"""\
A Kubernetes for tests, on one of three back ends. Without --backend, the first
of these that this machine can have:

{choose.NEEDS}

kind is {kind.HELP}.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 a failure or an unhealthy cluster, 2 wrong usage."""
    signal.signal(signal.SIGTERM, _interrupt)
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        backend = choose.choose(
            backend=options.backend, context=options.context, folder=options.dir
        )
        return _run(options, backend, parser)
    except ClusterError as error:
        print(error.render(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1


def as_text(status: Status) -> str:
    """Return the status for a person: a line for each component, the facts, the verdict."""
    lines = [f"{c.name:<24}{c.pid or '-':>8}  {c.problem or 'healthy'}" for c in status.components]
    facts = {
        "problem": status.problem,
        "node": status.node,
        "kubeconfig": status.kubeconfig,
        "logs": status.logs,
    }
    lines += [f"{name}: {value}" for name, value in facts.items() if value]
    verdict = "healthy" if status.healthy else "not healthy"
    return "\n".join([*lines, f"the {status.backend} cluster is {verdict}"])


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--backend",
        choices=choose.NAMES,
        default=os.environ.get("AGENTRIG_CLUSTER_BACKEND") or None,
        help="environment: AGENTRIG_CLUSTER_BACKEND",
    )
    shared.add_argument(
        "--context",
        metavar="NAME",
        default=os.environ.get("AGENTRIG_KUBE_CONTEXT") or None,
        help="a context of your kubeconfig; environment: AGENTRIG_KUBE_CONTEXT",
    )
    shared.add_argument(
        "--dir",
        type=Path,
        default=Path(os.environ.get("AGENTRIG_CLUSTER_DIR") or DEFAULT_FOLDER),
        help="folder of an engineless cluster (%(default)s); environment: AGENTRIG_CLUSTER_DIR",
    )
    parser = argparse.ArgumentParser(
        prog="ci/cluster",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[shared])

    command("up", "make a healthy cluster; nothing to do if there is one")
    command("down", "remove the cluster, whatever state it is in")
    load = command("load", "give the cluster an image of this machine, under the same name")
    load.add_argument("image", metavar="IMAGE", help="a local image, or an oci or docker archive")
    execute = command("exec", "run a command that can reach the cluster, with KUBECONFIG set")
    execute.usage = "ci/cluster exec [OPTION ...] CMD ..."
    execute.add_argument("argv", metavar="CMD...", nargs=argparse.REMAINDER)
    status = command("status", "tell what runs; exit code 0 if healthy, else 1")
    status.add_argument("--json", action="store_true", help="for programs")
    return parser


def _run(options: argparse.Namespace, backend: Backend, parser: argparse.ArgumentParser) -> int:
    steps = Steps()
    match options.command:
        case "up":
            backend.up(steps)
        case "down":
            backend.down(steps)
        case "load":
            backend.load(options.image, steps)
        case "exec":
            argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
            if not argv:
                parser.error("exec needs a command")
            backend.exec(argv)
        case "status":
            status = backend.status()
            print(json.dumps(status.as_json(), indent=2) if options.json else as_text(status))
            return 0 if status.healthy else 1
    return 0


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    """End as Ctrl-C does, so that a half-made cluster is taken down."""
    raise KeyboardInterrupt
