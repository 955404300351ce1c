"""Connections: how long to wait for them, and whom to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from pyreqwest.exceptions import PyreqwestError

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pyreqwest.client import Client, ClientBuilder

__all__ = ["CONNECT_TIMEOUT_S", "Tls"]

CONNECT_TIMEOUT_S = 10.0
"""AgentSpec's own runner waits this long for a connection."""


class Tls(Struct, frozen=True, kw_only=True):
    """Whom a connection trusts and as whom it comes; equal settings share connections.

    `ca` is trusted besides the system's authorities. `server_name` stands in for the URL's host
    in the handshake, for a target that is reached by another name than its certificate's.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    server_name: str | None = None
    verify: bool = True

    def build(self, builder: ClientBuilder) -> Client:
        """Build a client of these settings. Raises UsageError for files that cannot be used."""
        if self.ca:
            builder = builder.add_root_certificate_pem(_read(self.ca, "ca", "CERTIFICATE"))
        if self.cert:
            pem = _read(self.cert, "cert", "CERTIFICATE")
            if self.key:
                pem = _read(self.key, "key", "PRIVATE KEY") + b"\n" + pem
            try:
                builder = builder.identity_pem(pem)
            except (PyreqwestError, ValueError) as error:
                with_key = f" with '{self.key}'" if self.key else ""
                raise UsageError(
                    f"'tls.cert': '{self.cert}'{with_key} is no certificate with its key"
                ) from error
        if not self.verify:
            builder = builder.danger_accept_invalid_certs(enable=True)
        try:
            return builder.build()
        except PyreqwestError as error:
            if self.ca is None:
                raise
            # What is in the file is looked at here, not where it was added.
            raise UsageError(f"'tls.ca': '{self.ca}' holds no valid certificate") from error


def _read(path: Path, key: str, block: str) -> bytes:
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise UsageError(f"'tls.{key}': cannot read '{path}': {error.strerror}") from error
    # The library takes a file without any certificate in silence.
    if f"{block}-----".encode() not in pem:
        raise UsageError(f"'tls.{key}': '{path}' is no PEM file with a {block.lower()}")
    return pem
