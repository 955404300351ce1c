"""Who may read a repository: tokens over HTTPS, keys over SSH, and what is said when they may not."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import paramiko
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.support.git_server import git_web
from tests.support.ssh_server import new_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from tests.support.git_server import GitRepository, GitWeb
    from tests.support.rig import Ran, Rig
    from tests.support.ssh_server import SshServer


def token(rig: Rig, text: str = "t0psecret\n") -> tuple[str, str]:
    return "--token-file", str(rig.write("token", text))


def test_a_token_opens_a_repository_over_https(
    rig: Rig, fetch_git: Callable[..., Ran], secure_web: GitWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure_web.token = "t0psecret"
    assert fetch_git(f"{secure_web.url}/tests.git", "main", *token(rig)).code == 0
    assert "t0psecret" not in (rig.folder / "source.json").read_text()
    monkeypatch.setenv("AGENTRIG_FETCH_GIT_TOKEN", "t0psecret")
    assert fetch_git(f"{secure_web.url}/tests.git", "main").code == 0


def test_a_wrong_token_and_none_are_told_apart(
    rig: Rig, fetch_git: Callable[..., Ran], secure_web: GitWeb
) -> None:
    secure_web.token = "another"
    ran = fetch_git(f"{secure_web.url}/tests.git", "main", *token(rig))
    assert ran.code == 3
    assert f"{secure_web.url} refused the token" in ran.err
    assert "t0psecret" not in ran.said
    ran = fetch_git(f"{secure_web.url}/tests.git", "main")
    assert ran.code == 3
    assert "asks for a token: give one by --token-file" in ran.err


def test_a_token_stays_with_the_server_that_it_is_for(
    rig: Rig, fetch_git: Callable[..., Ran], secure_web: GitWeb, root: Path
) -> None:
    with git_web(root) as other:
        secure_web.redirect = other.url
        assert fetch_git(f"{secure_web.url}/tests.git", "main", *token(rig)).code == 0
    assert secure_web.authorizations[0] is not None
    assert set(other.authorizations) == {None}


def test_a_token_is_not_sent_in_the_clear(
    rig: Rig, fetch_git: Callable[..., Ran], web: GitWeb
) -> None:
    ran = fetch_git(f"{web.url}/tests.git", "main", *token(rig))
    assert (ran.code, web.asked) == (4, [])
    assert "would send the token in the clear: write https://" in ran.err


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_token_is_no_token(rig: Rig, fetch_git: Callable[..., Ran], text: str) -> None:
    ran = fetch_git("https://127.0.0.1:9/tests.git", "main", *token(rig, text))
    assert (ran.code, "is empty" in ran.err) == (4, True)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://u:pw@h.example.com/r.git", "holds a credential"),
        ("https://pw@h.example.com/r.git", "holds a credential"),
        ("ssh://git:pw@h.example.com/r.git", "holds a credential"),
        ("file:///etc", "is no Git URL that can be fetched"),
        ("git://h.example.com/r.git", "is no Git URL that can be fetched"),
        ("/some/path", "is no Git URL that can be fetched"),
        ("ext::sh -c touch% x", "holds a space or control character"),
        ("https://h.example.com", "names no repository"),
        ("https://h.example.com/r.git?x=1", "names no repository"),
        ("git@h.example.com:r.git", "needs --ssh-key and --known-hosts"),
        ("https://h.example.com:port/r.git", "is no URL"),
    ],
)
def test_other_addresses_are_refused(fetch_git: Callable[..., Ran], url: str, message: str) -> None:
    ran = fetch_git(url, "main")
    assert (ran.code, message in ran.err) == (4, True), ran.said
    assert "pw" not in ran.err


def test_no_repository_there(fetch_git: Callable[..., Ran], web: GitWeb) -> None:
    ran = fetch_git(f"{web.url}/tset.git", "main")
    assert ran.code == 4
    assert f"no Git repository at {web.url}/tset.git: is the path right" in ran.err


def test_a_server_that_is_not_there(fetch_git: Callable[..., Ran]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    ran = fetch_git(f"http://127.0.0.1:{port}/r.git", "main")
    assert ran.code == 3
    assert f"http://127.0.0.1:{port}: Connection refused" in ran.err


def test_a_server_with_an_unknown_authority(
    fetch_git: Callable[..., Ran], secure_web: GitWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    ran = fetch_git(f"{secure_web.url}/tests.git", "main")
    assert ran.code == 3
    assert "certificate verify failed" in ran.err


def test_a_broken_server(fetch_git: Callable[..., Ran], web: GitWeb) -> None:
    web.status = 503
    ran = fetch_git(f"{web.url}/tests.git", "main")
    assert ran.code == 3
    assert "503" in ran.err


def test_a_server_that_is_silent_is_given_up(
    fetch_git: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentrig.fetch._git_http.SILENCE_S", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        ran = fetch_git(f"http://127.0.0.1:{silent.getsockname()[1]}/r.git", "main")
    assert ran.code == 3
    assert "timed out" in ran.err


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_the_proxy_of_the_environment_is_asked(
    fetch_git: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as proxy:
        proxy.settimeout(30)

        def answer() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert fetch_git("http://git.example.com/r.git", "main").code == 4
        thread.join()
    assert asked[0].startswith(b"GET http://git.example.com/r.git/info/refs")


KEYS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def private_key(rig: Rig, kind: str, *, passphrase: bytes = b"") -> Path:
    """Write a key as `ssh-keygen` does."""
    pem = KEYS[kind]().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption(),
    )
    return rig.write("id", pem.decode())


def ssh_options(rig: Rig, known_hosts: str) -> list[str]:
    hosts = str(rig.write("known_hosts", known_hosts))
    return ["--ssh-key", str(rig.folder / "id"), "--known-hosts", hosts]


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_opens_a_repository_over_ssh(
    rig: Rig,
    fetch_git: Callable[..., Ran],
    repository: GitRepository,
    ssh: SshServer,
    kind: str,
) -> None:
    ssh.allowed.append(paramiko.PKey.from_path(private_key(rig, kind)))
    url = f"ssh://git@127.0.0.1:{ssh.port}/tests.git"
    ran = fetch_git(url, "v1.0", *ssh_options(rig, ssh.known_hosts))
    assert ran.code == 0, ran.said
    assert repository.git("rev-parse", "v1.0^{commit}") in ran.out
    assert ssh.commands == ["git-upload-pack '/tests.git'"]
    assert ssh.protocols == ["version=2"]


def test_a_missing_ref_over_ssh(rig: Rig, fetch_git: Callable[..., Ran], ssh: SshServer) -> None:
    ssh.allowed.append(paramiko.PKey.from_path(private_key(rig, "ed25519")))
    url = f"ssh://git@127.0.0.1:{ssh.port}/tests.git"
    ran = fetch_git(url, "v1.1", *ssh_options(rig, ssh.known_hosts))
    assert ran.code == 4
    assert "has no branch or tag 'v1.1': did you mean 'v1.0'?" in ran.err


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # dulwich leaves it open
def test_no_repository_over_ssh(rig: Rig, fetch_git: Callable[..., Ran], ssh: SshServer) -> None:
    ssh.allowed.append(paramiko.PKey.from_path(private_key(rig, "ed25519")))
    url = f"ssh://git@127.0.0.1:{ssh.port}/nothing.git"
    ran = fetch_git(url, "main", *ssh_options(rig, ssh.known_hosts))
    assert ran.code == 4, ran.said
    assert f"no Git repository at {url}" in ran.err


def test_a_host_that_is_not_known_is_refused(
    rig: Rig, fetch_git: Callable[..., Ran], ssh: SshServer
) -> None:
    ssh.allowed.append(paramiko.PKey.from_path(private_key(rig, "ed25519")))
    url = f"ssh://git@127.0.0.1:{ssh.port}/tests.git"
    ran = fetch_git(url, "main", *ssh_options(rig, "github.com ssh-ed25519 AAAA\n"))
    assert ran.code == 4
    assert f"holds no key of 127.0.0.1:{ssh.port}: add what `ssh-keyscan -p" in ran.err
    assert ssh.commands == []


def test_a_host_with_another_key_is_refused(
    rig: Rig, fetch_git: Callable[..., Ran], ssh: SshServer
) -> None:
    ssh.allowed.append(paramiko.PKey.from_path(private_key(rig, "ed25519")))
    other = new_key()
    line = f"[127.0.0.1]:{ssh.port} {other.get_name()} {other.get_base64()}\n"
    url = f"ssh://git@127.0.0.1:{ssh.port}/tests.git"
    ran = fetch_git(url, "main", *ssh_options(rig, line))
    assert ran.code == 3
    assert f"is ssh-ed25519 {ssh.host_key.fingerprint}, and not the one in" in ran.err
    assert ssh.commands == []


def test_a_key_that_is_not_allowed(rig: Rig, fetch_git: Callable[..., Ran], ssh: SshServer) -> None:
    private_key(rig, "ed25519")
    url = f"ssh://git@127.0.0.1:{ssh.port}/tests.git"
    ran = fetch_git(url, "main", *ssh_options(rig, ssh.known_hosts))
    assert ran.code == 3
    assert "refused the SSH key (ssh-ed25519 SHA256:" in ran.err
    assert "is it a deploy key of the repository?" in ran.err


def test_keys_that_cannot_be_used(rig: Rig, fetch_git: Callable[..., Ran], ssh: SshServer) -> None:
    url = f"ssh://git@127.0.0.1:{ssh.port}/tests.git"
    options = ssh_options(rig, ssh.known_hosts)
    ran = fetch_git(url, "main", *options)
    assert (ran.code, "--ssh-key: cannot read" in ran.err) == (4, True), ran.said
    private_key(rig, "ed25519", passphrase=b"x")
    ran = fetch_git(url, "main", *options)
    assert (ran.code, "is protected by a passphrase" in ran.err) == (4, True), ran.said
    rig.write("id", "no key\n")
    ran = fetch_git(url, "main", *options)
    assert (ran.code, "is no private key" in ran.err) == (4, True), ran.said
    private_key(rig, "rsa")
    rig.write("known_hosts", "# nobody\n")
    ran = fetch_git(url, "main", *options)
    assert (ran.code, "is empty: add the key of 127.0.0.1" in ran.err) == (4, True), ran.said
    ran = fetch_git(url, "main", "--ssh-key", options[1])
    assert (ran.code, "no host is trusted unseen" in ran.err) == (4, True), ran.said
