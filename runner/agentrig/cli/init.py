"""`agentrig init`: a first suite that runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import urlsplit

import click

from agentrig._redact import redact_url
from agentrig.cli._first_suite import SCHEMA_FILE, demo_files, own_files
from agentrig.cli.schema import schema_text
from agentrig.errors import InfraError, UsageError
from agentrig.targets import url_problem

__all__ = ["init"]

_RESULTS = "/results/"
# Other ways in which a .gitignore leaves the folder out.
_IGNORES_RESULTS = {_RESULTS, "results", "results/", "/results"}


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option(
    "--url", metavar="URL", help="Your own agent.  [default: one of `agentrig demo --serve`]"
)
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def init(folder: Path, *, url: str | None, force: bool) -> None:
    """Write a first suite that runs.

    It has configuration, a scenario with its schema for editors, and a Python module. Where one
    of the files exists, nothing is written.
    """
    files = demo_files() if url is None else own_files(_checked(url))
    files[SCHEMA_FILE] = schema_text()
    existing = [path for path in files if (folder / path).exists()]
    if existing and not force:
        raise UsageError(_exist_already([folder / path for path in existing]))
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / path).open("w" if force else "x", encoding="utf-8") as file:
                file.write(text)
        if _ignore_results(folder / ".gitignore"):
            files[".gitignore"] = ""
    except FileExistsError as error:  # a file where a folder must be, or made by somebody else
        raise UsageError(_exist_already([Path(error.filename)])) from None
    except OSError as error:
        raise InfraError(f"cannot write '{error.filename}': {error.strerror}") from None
    for path in files:
        click.echo(f"wrote {folder / path}")
    click.echo("\n" + _next_commands(folder, url))


def _checked(url: str) -> str:
    """Give the URL as a target has it; raise `UsageError` where it cannot be one."""
    problem = url_problem(url)
    if problem is None and any(character in url for character in "?#{}"):
        problem = f"'{redact_url(url)}' is no plain URL: write scheme, host, port and path alone"
    if problem is None and urlsplit(url).username is not None:
        problem = f"'{redact_url(url)}' holds a user, which would be written into a file"
    if problem is not None:
        raise UsageError(f"--url: {problem}")
    return url.rstrip("/")


def _exist_already(files: list[Path]) -> str:
    names = ", ".join(f"'{file}'" for file in files)
    which, them = ("exists", "it") if len(files) == 1 else ("exist", "them")
    return f"{names} {which} already: --force overwrites {them}, or name another DIR"


def _ignore_results(file: Path) -> bool:
    """Leave results out of Git if nothing does yet; tell whether that took a change."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if _IGNORES_RESULTS & {line.strip() for line in text.splitlines()}:
        return False
    gap = "\n" if text and not text.endswith("\n") else ""
    with file.open("a", encoding="utf-8") as appended:
        appended.write(f"{gap}{_RESULTS}\n")
    return True


def _next_commands(folder: Path, url: str | None) -> str:
    lines = ["Next, in one terminal:", "  agentrig demo --serve", "And in another:"]
    if url is not None:
        lines = ["Next:"]
    if folder != Path():
        lines.append(f"  cd {shlex.quote(str(folder))}")
    return "\n".join([*lines, "  agentrig lint scenarios", "  agentrig run scenarios"])
