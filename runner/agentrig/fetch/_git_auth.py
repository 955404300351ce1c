"""What a Git server is shown: a token over HTTPS, or a key over SSH."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # msgspec resolves it

from msgspec import Struct

__all__ = ["SshKey", "Token"]


class Token(Struct, frozen=True, kw_only=True):
    """Basic authentication. GitHub takes any user name, GitLab `oauth2`."""

    value: str
    username: str = "x-access-token"


class SshKey(Struct, frozen=True, kw_only=True):
    """Files of a private key (OpenSSH or PEM: Ed25519, ECDSA, RSA) and of the hosts that are known."""

    private_key: Path
    known_hosts: Path
