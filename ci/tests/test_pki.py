from __future__ import annotations

import shutil
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from kube.engineless.layout import NODE_NAME
from kube.engineless.pki import make_pki

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on PATH")


def test_server_and_client_trust_each_other_under_the_strictest_rules(tmp_path: Path) -> None:
    """Python 3.13 has VERIFY_X509_STRICT on; a pod's client would refuse less."""
    pki = tmp_path / "pki"
    make_pki(pki)
    assert pki.stat().st_mode & 0o077 == 0
    server = _context(ssl.PROTOCOL_TLS_SERVER, pki, "kubelet")
    server.verify_mode = ssl.CERT_REQUIRED
    client = _context(ssl.PROTOCOL_TLS_CLIENT, pki, "admin")
    near, far = socket.socketpair()

    def serve() -> None:
        with server.wrap_socket(far, server_side=True) as connection:
            connection.sendall(repr(connection.getpeercert()).encode())

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(near, server_hostname=NODE_NAME) as connection:
        seen = b"".join(iter(lambda: connection.recv(4096), b""))
    thread.join(10)
    assert b"'organizationName', 'system:masters'" in seen


def _context(protocol: int, pki: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(pki / "ca.crt")
    context.load_cert_chain(pki / f"{name}.crt", pki / f"{name}.key")
    return context
