"""`agentrig fetch git`: one commit of a repository, by dulwich."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, TypeAlias, cast

from msgspec import Struct

from agentrig.errors import FetchError, UsageError
from agentrig.events import Source
from agentrig.fetch._folder import Folder
from agentrig.fetch._git_auth import SshKey, Token
from agentrig.fetch._git_http import http_client
from agentrig.fetch._git_refs import is_commit, resolve
from agentrig.fetch._git_ssh import ssh_client
from agentrig.fetch._git_tree import write_tree
from agentrig.fetch._git_trouble import telling_trouble
from agentrig.fetch._git_url import GitUrl, parse_git_url
from agentrig.fetch._limits import Budget, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dulwich.client import GitClient
    from dulwich.objects import ObjectID
    from dulwich.refs import Ref
    from dulwich.repo import Repo

__all__ = ["GitSource", "fetch_git"]

_Refs: TypeAlias = "Mapping[bytes, bytes]"


class GitSource(Struct, frozen=True, kw_only=True):
    """What to fetch; `path` is what will be run of it, empty for all."""

    url: str
    ref: str
    path: str = ""
    auth: Token | SshKey | None = None


def fetch_git(
    source: GitSource, to: Path, *, limits: Limits | None = None
) -> tuple[Source, list[str]]:
    """Write the files of one commit into the folder `to`.

    Gives which commit it is, and the files outside of `path` that were left out because their
    content is not in the repository. Raises UsageError when the URL, the ref or the path is
    wrong, FetchError when the server cannot be reached or refuses.
    """
    from dulwich.repo import Repo  # noqa: PLC0415  # 100 ms

    url = parse_git_url(source.url)
    path = _checked_path(source.path)
    if not source.ref or any(character <= " " for character in source.ref):
        raise UsageError(f"--ref {source.ref!r} names no branch, tag or commit")
    client = _client(url, source.auth)
    limits = limits or Limits()
    folder = Folder(to)
    with (
        tempfile.TemporaryDirectory(prefix="agentrig-git-") as work,
        Repo.init_bare(work) as repo,
    ):
        with telling_trouble(url, source.auth):
            wanted = _Transfer(repo, client, url, Budget(limits, what=url.shown)).bring(source.ref)
        commit, tree = _peel(repo, wanted, source.ref)
        left_out = write_tree(
            repo.object_store, tree, folder, path=path, budget=Budget(limits, what=url.shown)
        )
    return (
        Source(
            kind="git",
            url=url.shown,
            ref=source.ref,
            commit=commit.decode("ascii"),
            path=path or None,
        ),
        left_out,
    )


def _checked_path(path: str) -> str:
    path = path.strip("/")
    if path and any(part in {"", ".", ".."} for part in path.split("/")):
        raise UsageError(f"--path '{path}' is no path within a repository")
    return path


def _client(url: GitUrl, auth: Token | SshKey | None) -> GitClient:
    if url.scheme == "ssh":
        if not isinstance(auth, SshKey):
            raise UsageError(f"{url.shown} needs --ssh-key and --known-hosts")
        return ssh_client(url, auth)
    if isinstance(auth, SshKey):
        raise UsageError(f"{url.shown} is not reached by SSH: give a token, or an ssh:// URL")
    if auth and url.scheme == "http":
        raise UsageError(f"{url.shown} would send the token in the clear: write https://")
    return http_client(url, auth)


class _Transfer:
    """Brings objects from a server, no more than it can be brought to leave out."""

    def __init__(self, repo: Repo, client: GitClient, url: GitUrl, budget: Budget) -> None:
        self._repo = repo
        self._client = client
        self._url = url
        self._budget = budget

    def bring(self, ref: str) -> bytes:
        """Bring what `ref` names, and give its name."""
        return self._bring_commit(ref.lower().encode()) if is_commit(ref) else self._bring_ref(ref)

    def _bring_ref(self, ref: str) -> bytes:
        from dulwich.errors import GitProtocolError  # noqa: PLC0415

        named: list[bytes] = []

        def want(refs: _Refs) -> list[bytes]:
            named[:] = [resolve(refs, ref, where=self._url.shown)]
            return named

        try:
            self._receive(want, depth=1)
        except GitProtocolError as error:
            if "shallow" not in str(error):
                raise
            self._receive(want, depth=None)
        return named[0]

    def _bring_commit(self, commit: bytes) -> bytes:
        from dulwich.errors import GitProtocolError, HangupException  # noqa: PLC0415

        try:
            self._receive(lambda _refs: [commit], depth=1)
        except (GitProtocolError, HangupException):
            # The server gives nothing by a commit's name, or has none of it: the history tells.
            self._receive(_branches_and_tags, depth=None)
        try:
            self._repo[commit]
        except KeyError:
            raise UsageError(
                f"{self._url.shown} has no commit {commit.decode()} on any branch or tag"
            ) from None
        return commit

    def _receive(self, want: Callable[[_Refs], list[bytes]], *, depth: int | None) -> None:
        # Some servers want a client that takes thin packs; to one that has nothing they send whole
        # ones all the same, as there is nothing to leave out.
        pack, commit, abort = self._repo.object_store.add_pack()

        def write(data: bytes) -> int:
            self._budget.receive(len(data))
            return pack.write(data)

        def wanted(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:
            del depth  # asked for below
            return [cast("ObjectID", sha) for sha in want(cast("_Refs", refs))]

        try:
            self._client.fetch_pack(
                self._url.path,
                wanted,
                self._repo.get_graph_walker(),
                write,
                progress=lambda _text: self._budget.check_time(),
                depth=depth,
            )
        except BaseException:
            abort()
            raise
        commit()


def _branches_and_tags(refs: _Refs) -> list[bytes]:
    found = {sha for name, sha in refs.items() if name.startswith((b"refs/heads/", b"refs/tags/"))}
    return sorted(found)


def _peel(repo: Repo, wanted: bytes, ref: str) -> tuple[ObjectID, ObjectID]:
    """Go from a tag to its commit, and give that with its tree."""
    from dulwich.objects import Commit, Tag  # noqa: PLC0415

    try:
        found = repo[wanted]
        while isinstance(found, Tag):
            found = repo[found.object[1]]
    except KeyError:
        raise FetchError(f"the server did not send what '{ref}' names") from None
    if not isinstance(found, Commit):
        raise UsageError(f"'{ref}' names a {found.type_name.decode()}, not a commit")
    return found.id, found.tree
