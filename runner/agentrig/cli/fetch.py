"""`agentrig fetch`: scenarios, and what their Python modules need, from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentrig.events import Source
    from agentrig.fetch import Limits, SshKey, Token

__all__ = ["fetch"]

_TOKEN = "AGENTRIG_FETCH_GIT_TOKEN"  # noqa: S105  # the name of a variable
_INDEX = "AGENTRIG_FETCH_PACKAGES_INDEX"
_UNITS = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3, "k": 1000, "M": 1000**2, "G": 1000**3}

_Command = TypeVar("_Command", bound="Callable[..., object]")


def _bytes_of(_context: click.Context, _option: click.Parameter, text: str) -> int:
    unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
    number = text.removesuffix(unit)
    if not number.isdecimal() or int(number) == 0:
        raise click.BadParameter(f"'{text}' is no size: write 64Mi, or a number of bytes")
    return int(number) * _UNITS.get(unit, 1)


def _common(command: _Command) -> _Command:
    for option in (
        click.option(
            "--max-bytes",
            callback=_bytes_of,
            metavar="SIZE",
            default="256Mi",
            show_default=True,
            help="Most that may come, and be written.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            default=300.0,
            show_default=True,
            help="For all of it.",
        ),
        click.option(
            "--record",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Write what was fetched here, for `run --source`.",
        ),
        click.option(
            "--to",
            required=True,
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Empty or new folder.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def fetch() -> None:
    """Fetch scenarios, or libraries of tests.

    What an init container runs, with no shell, no root and no git. Exit codes: 0 fetched,
    3 the server cannot be reached or refuses, 4 there is no such thing to fetch.
    """


@fetch.command()
@click.argument("url")
@click.option("--ref", required=True, metavar="REF", help="Branch, tag, or commit in full.")
@click.option(
    "--path", default="", metavar="PATH", help="What will be run of it: it must be whole."
)
@click.option("--username", default="x-access-token", show_default=True, help="Goes with a token.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"Token for HTTPS. Or the variable {_TOKEN}.",
)
@click.option(
    "--ssh-key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Private key for SSH, without a passphrase.",
)
@click.option(
    "--known-hosts",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keys of hosts, as in ~/.ssh; others are refused.",
)
@_common
def git(
    url: str,
    *,
    ref: str,
    path: str,
    username: str,
    token_file: Path | None,
    ssh_key: Path | None,
    known_hosts: Path | None,
    to: Path,
    record: Path | None,
    timeout: float,
    max_bytes: int,
) -> None:
    """Fetch one commit of a Git repository.

    URL is https://HOST/PATH, ssh://USER@HOST/PATH or USER@HOST:PATH. A REF that is not there is
    an error; no other is taken for it. Where a branch and a tag are of one name, write
    refs/heads/NAME or refs/tags/NAME.
    """
    from agentrig.fetch import GitSource, fetch_git  # noqa: PLC0415  # help needs none

    with _libraries("git"):
        source, left_out = fetch_git(
            GitSource(
                url=url,
                ref=ref,
                path=path,
                auth=_git_auth(username, token_file, ssh_key, known_hosts),
            ),
            to,
            limits=_limits(timeout, max_bytes),
        )
    if left_out:
        names = ", ".join(left_out[:5]) + (", ..." if len(left_out) > 5 else "")  # noqa: PLR2004
        click.echo(f"left out, as not in the repository: {names}", err=True)
    _tell(source, f"{source.url} at {source.ref}: commit {source.commit}", record)


@fetch.command()
@click.argument("url", metavar="s3://BUCKET/PREFIX")
@click.option("--endpoint", metavar="URL", help="A server that is not Amazon's.")
@click.option("--region", metavar="NAME", help="Region of the bucket. Or AWS_REGION.")
@click.option("--path-style", is_flag=True, help="The bucket stands in the path, not in the host.")
@_common
def s3(
    url: str,
    *,
    endpoint: str | None,
    region: str | None,
    path_style: bool,
    to: Path,
    record: Path | None,
    timeout: float,
    max_bytes: int,
) -> None:
    """Fetch the objects below a prefix of an S3 bucket.

    Credentials are found as by all tools of AWS: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or
    the role of the service account.
    """
    from agentrig.fetch import S3Server, S3Source, bucket_of, fetch_s3  # noqa: PLC0415  # help needs none

    bucket, prefix = bucket_of(url)
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise UsageError(f"--endpoint '{endpoint}' is no URL: write https://HOST:PORT")
    region = region or os.environ.get("AWS_REGION")
    server = S3Server(endpoint=endpoint, region=region, path_style=path_style)
    source = fetch_s3(
        S3Source(bucket=bucket, prefix=prefix, server=server),
        to,
        limits=_limits(timeout, max_bytes),
    )
    _tell(source, f"{source.url}: {source.objects} objects, {source.digest}", record)


@fetch.command()
@click.option(
    "-r",
    "--requirements",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A requirements.txt or pylock.toml. Repeatable.",
)
@click.option("--require", multiple=True, metavar="NAME==VERSION", help="Repeatable.")
@click.option(
    "--builds/--no-builds", default=False, help="Also take what is built here: runs its code."
)
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Empty or new folder, for `run --packages`.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=600.0,
    show_default=True,
    help="For all of it.",
)
def packages(
    *, files: tuple[Path, ...], require: tuple[str, ...], builds: bool, to: Path, timeout: float
) -> None:
    """Install libraries that Python modules need.

    They come from the index of AGENTRIG_FETCH_PACKAGES_INDEX, else from PyPI. Hashes in a file
    are checked. What the image has already stays as it is: it is found first.
    """
    from agentrig.fetch import Index, install_packages  # noqa: PLC0415  # help needs none

    if not files and not require:
        raise UsageError("nothing to install: give --requirements FILE, or --require NAME==VERSION")
    with _libraries("packages"):
        notes = install_packages(
            to,
            files=files,
            requirements=require,
            index=Index(url=os.environ.get(_INDEX), builds=builds),
            within_s=timeout,
        )
    for note in notes:
        click.echo(f"note: {note}")
    click.echo(f"installed into {to}")


class _libraries:  # noqa: N801  # reads as a statement
    """Says which extra is missing, where a library is."""

    def __init__(self, extra: str) -> None:
        self._extra = extra

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ModuleNotFoundError):
            raise UsageError(
                f"{error.name} is not installed: pip install 'agentrig[{self._extra}]'"
            ) from error


def _limits(timeout: float, max_bytes: int) -> Limits:
    from agentrig.fetch import Limits  # noqa: PLC0415

    return Limits(within_s=timeout, max_bytes=max_bytes)


def _git_auth(
    username: str, token_file: Path | None, ssh_key: Path | None, known_hosts: Path | None
) -> Token | SshKey | None:
    from agentrig.fetch import SshKey, Token  # noqa: PLC0415

    if bool(ssh_key) != bool(known_hosts):
        raise UsageError("--ssh-key and --known-hosts go together: no host is trusted unseen")
    token = os.environ.get(_TOKEN)
    if token_file:
        try:
            token = token_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--token-file: cannot read '{token_file}'") from error
        if not token.strip():
            raise UsageError(f"--token-file: '{token_file}' is empty")
    if token and ssh_key:
        raise UsageError("a token and an SSH key: give the one that the URL needs")
    if ssh_key and known_hosts:
        return SshKey(private_key=ssh_key, known_hosts=known_hosts)
    return Token(value=token.strip(), username=username) if token else None


def _tell(source: Source, text: str, record: Path | None) -> None:
    from agentrig.fetch import write_source  # noqa: PLC0415

    if record:
        write_source(record, source)
    click.echo(f"fetched {text}")
