"""Servers to fetch from, and `agentrig fetch` as a call."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.fixtures import agent, rig
from tests.support.git_server import GitRepository, git_web
from tests.support.ssh_server import ssh_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.git_server import GitWeb
    from tests.support.rig import Ran, Rig
    from tests.support.ssh_server import SshServer

__all__ = ["agent", "rig"]

SCENARIO = "name: {name}\nsteps: [{{endpoint: 'http://127.0.0.1:9', path: /}}]\n"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's proxies and credentials out."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("AWS_", "AGENTRIG_", "PIP_")):
            monkeypatch.delenv(name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give the folder of the server's repositories."""
    return tmp_path / "server"


@pytest.fixture
def repository(root: Path) -> GitRepository:
    """Give a repository with two commits on main, another branch, and tags."""
    made = GitRepository.make(root / "tests.git")
    made.commit(suite__a=SCENARIO.format(name="first"), README="one")
    made.git("tag", "--annotate", "--message=release", "v1.0")
    made.git("tag", "light")
    made.commit(suite__a=SCENARIO.format(name="second"))
    made.git("branch", "feature/login", "v1.0")
    return made


@pytest.fixture
def web(repository: GitRepository, root: Path) -> Iterator[GitWeb]:
    """Serve the repository by HTTP."""
    assert repository.folder.exists()
    with git_web(root) as server:
        yield server


@pytest.fixture
def secure_web(
    repository: GitRepository, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GitWeb]:
    """Serve the repository by HTTPS, with an authority that SSL_CERT_FILE names."""
    assert repository.folder.exists()
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with git_web(root, context) as server:
        yield server


@pytest.fixture
def ssh(repository: GitRepository, root: Path) -> Iterator[SshServer]:
    """Serve the repository by SSH."""
    assert repository.folder.exists()
    with ssh_server(root) as server:
        yield server


@pytest.fixture
def fetch_git(rig: Rig) -> Callable[..., Ran]:
    """Call `agentrig fetch git URL --ref REF --to out --record source.json ...`."""

    def call(url: str, ref: str, *more: str) -> Ran:
        return rig.here(
            *("fetch", "git", url, "--ref", ref, "--to", str(rig.folder / "out")),
            *("--record", str(rig.folder / "source.json"), *more),
        )

    return call
