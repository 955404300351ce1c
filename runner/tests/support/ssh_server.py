"""An SSH server, by paramiko, that runs `git-upload-pack` for one key."""

from __future__ import annotations

import io
import shlex
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from tests.support.git_server import git_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SshServer", "new_key", "ssh_server"]


def new_key() -> paramiko.PKey:
    """Make a key of a host."""
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return paramiko.Ed25519Key(file_obj=io.StringIO(pem.decode()))


@dataclass
class SshServer:
    """The server: who may come in, and which commands were run."""

    port: int
    host_key: paramiko.PKey
    allowed: list[paramiko.PKey] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    protocols: list[str] = field(default_factory=list)

    @property
    def known_hosts(self) -> str:
        """The line of the server in a file of known hosts."""
        return f"[127.0.0.1]:{self.port} {self.host_key.get_name()} {self.host_key.get_base64()}\n"


class _Session(paramiko.ServerInterface):
    def __init__(self, server: SshServer) -> None:
        self._server = server
        self.command = ""
        self.protocol = ""
        self.asked = threading.Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002  # paramiko's signature
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        ok = username == "git" and key in self._server.allowed
        return AUTH_SUCCESSFUL if ok else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return OPEN_SUCCEEDED

    def check_channel_env_request(
        self,
        channel: paramiko.Channel,  # noqa: ARG002
        name: bytes,
        value: bytes,
    ) -> bool:
        if name == b"GIT_PROTOCOL":
            self.protocol = value.decode()
        return True

    def check_channel_exec_request(
        self,
        channel: paramiko.Channel,  # noqa: ARG002
        command: bytes,
    ) -> bool:
        self.command = command.decode()
        self.asked.set()
        return True


@contextmanager
def ssh_server(root: Path) -> Iterator[SshServer]:
    """Serve the repositories below `root`, whose paths are absolute to clients."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        state = SshServer(listener.getsockname()[1], new_key())
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                thread = threading.Thread(target=_serve, args=[connection, state, root])
                thread.start()
                threads.append(thread)

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield state
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def _serve(connection: socket.socket, state: SshServer, root: Path) -> None:
    transport = paramiko.Transport(connection)
    try:
        transport.add_server_key(state.host_key)
        session = _Session(state)
        transport.start_server(server=session)
        channel = transport.accept(10)
        if channel is None or not session.asked.wait(10):
            return
        state.commands.append(session.command)
        state.protocols.append(session.protocol)
        program, path = shlex.split(session.command)
        with subprocess.Popen(
            [program, str(root) + path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**git_environment(), "GIT_PROTOCOL": session.protocol},
        ) as process:
            _join(channel, process)
    except (paramiko.SSHException, EOFError, OSError):
        pass  # a client that was refused, or went away
    finally:
        transport.close()


def _join(channel: paramiko.Channel, process: subprocess.Popen[bytes]) -> None:
    """Carry what is said from one to the other, until the process ends."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    feeding = threading.Thread(target=_feed, args=[channel, process.stdin])
    feeding.start()
    try:
        while data := process.stdout.read1(65536):  # type: ignore[attr-defined]  # buffered
            channel.sendall(data)
        channel.sendall_stderr(process.stderr.read())
        channel.send_exit_status(process.wait())
        channel.shutdown_write()
    finally:
        channel.close()
        feeding.join()


def _feed(channel: paramiko.Channel, stdin: object) -> None:
    try:
        while data := channel.recv(65536):
            stdin.write(data)  # type: ignore[attr-defined]  # a pipe
            stdin.flush()  # type: ignore[attr-defined]
    except OSError:
        pass
    finally:
        stdin.close()  # type: ignore[attr-defined]
