"""A Git server over SSH, by paramiko. A host that is not known is refused, always."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentrig.errors import FetchError, UsageError
from agentrig.fetch._limits import SILENCE_S

if TYPE_CHECKING:
    from dulwich.client import GitClient
    from paramiko import PKey, SSHClient

    from agentrig.fetch._git_auth import SshKey
    from agentrig.fetch._git_url import GitUrl

__all__ = ["ssh_client"]

_PORT = 22


def ssh_client(url: GitUrl, key: SshKey) -> GitClient:
    """Give a client of the server. Raises UsageError when the key or the hosts cannot be read."""
    from dulwich.client import SSHGitClient  # noqa: PLC0415  # 150 ms

    private_key = _private_key(key)
    _check_known_hosts(key, url)
    return SSHGitClient(
        url.host,
        port=url.port,
        username=url.user or "git",
        vendor=_Vendor(private_key, key),  # type: ignore[arg-type]  # has the one method of the class
        quiet=True,
    )


class _Vendor:
    """dulwich's way to run a command on another host."""

    def __init__(self, private_key: PKey, key: SshKey) -> None:
        self._private_key = private_key
        self._known_hosts = key.known_hosts

    def run_command(
        self,
        host: str,
        command: bytes,
        username: str | None = None,
        port: int | None = None,
        **_unused: Any,
    ) -> _Connection:
        from paramiko import SSHClient  # noqa: PLC0415  # 250 ms
        from paramiko.ssh_exception import (  # noqa: PLC0415
            AuthenticationException,
            BadHostKeyException,
            SSHException,
        )

        client = SSHClient()  # which rejects unknown hosts unless told otherwise
        client.load_host_keys(str(self._known_hosts))
        at = f"{host}:{port or _PORT}"
        try:
            client.connect(
                host,
                port=port or _PORT,
                username=username,
                pkey=self._private_key,
                allow_agent=False,
                look_for_keys=False,
                timeout=SILENCE_S,
                banner_timeout=SILENCE_S,
                auth_timeout=SILENCE_S,
            )
            return _Connection(client, command)
        except AuthenticationException as error:
            client.close()
            raise FetchError(
                f"{at} refused the SSH key ({self._private_key.get_name()} "
                f"{self._private_key.fingerprint}) of user '{username}': "
                "is it a deploy key of the repository?"
            ) from error
        except BadHostKeyException as error:
            client.close()
            raise FetchError(
                f"the host key of {at} is {error.key.get_name()} {error.key.fingerprint}, and not "
                f"the one in '{self._known_hosts}': somebody else answers, or it was changed"
            ) from error
        except SSHException as error:
            client.close()
            if "not found in known_hosts" in str(error):
                raise UsageError(
                    f"'{self._known_hosts}' holds no key of {at}: add what "
                    f"`ssh-keyscan{f' -p {port}' if port else ''} {host}` prints, once you have "
                    "compared it with what the host's owner publishes"
                ) from error
            raise FetchError(f"SSH to {at} failed: {error}") from error
        except BaseException:
            client.close()
            raise


class _Connection:
    """A command that runs there: what dulwich reads and writes."""

    def __init__(self, client: SSHClient, command: bytes) -> None:
        transport = client.get_transport()
        assert transport is not None, "it is connected"  # noqa: S101  # of connect()
        self._client = client
        self._channel = transport.open_session(timeout=SILENCE_S)
        self._channel.settimeout(SILENCE_S)
        # Servers that do not accept it speak version 0. Not an answer is waited for.
        self._channel.set_environment_variable("GIT_PROTOCOL", "version=2")
        self._channel.exec_command(command)
        self.read = self._channel.makefile("rb").read
        self.write = self._channel.sendall
        self.stderr = self._channel.makefile_stderr("rb")

    def can_read(self) -> bool:
        """Tell whether something has come."""
        return self._channel.recv_ready()

    def close(self) -> None:
        """End the command and the connection."""
        self._client.close()


def _private_key(key: SshKey) -> PKey:
    from paramiko import PKey  # noqa: PLC0415
    from paramiko.ssh_exception import PasswordRequiredException  # noqa: PLC0415

    file = key.private_key
    try:
        return PKey.from_path(file)
    except OSError as error:
        raise UsageError(f"--ssh-key: cannot read '{file}': {error.strerror}") from error
    except (PasswordRequiredException, TypeError) as error:
        # cryptography says by TypeError that a password is needed.
        raise UsageError(
            f"--ssh-key: '{file}' is protected by a passphrase: make a deploy key without one"
        ) from error
    except Exception as error:
        # What a broken key makes cryptography raise is not one class.
        raise UsageError(
            f"--ssh-key: '{file}' is no private key (Ed25519, ECDSA or RSA): {error}"
        ) from error


def _check_known_hosts(key: SshKey, url: GitUrl) -> None:
    try:
        text = key.known_hosts.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(
            f"--known-hosts: cannot read '{key.known_hosts}': {error.strerror}"
        ) from error
    if not any(line.strip() and not line.startswith("#") for line in text.splitlines()):
        raise UsageError(
            f"--known-hosts: '{key.known_hosts}' is empty: add the key of {url.host}, "
            f"as `ssh-keyscan {url.host}` prints it"
        )
