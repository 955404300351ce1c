"""Ask components how they are, from inside the cluster's network."""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from kube.engineless.layout import Layout
    from kube.engineless.processes import Process

ANSWER_S = 2
CLONE_NEWNET = 0x40000000  # setns(2); os.setns came with Python 3.12

T = TypeVar("T")


def inside_network(root: Process, call: Callable[[], T]) -> T:
    """Return `call()` made in the network of `root`, or raise what it raises.

    A network namespace belongs to a thread, so a thread goes there, and ends there. This takes
    a tenth of a millisecond; a process for each question would take fifty.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def enter_and_call() -> None:
        try:
            with Path(f"/proc/{root.pid}/ns/net").open("rb") as namespace:
                _join_network(namespace.fileno())
            results.append(call())
        except BaseException as error:  # noqa: BLE001 (handed to the caller below)
            errors.append(error)

    thread = threading.Thread(target=enter_and_call)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _join_network(namespace: int) -> None:
    """Move the calling thread to the network behind an open file."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def problem_of(url: str, tls: ssl.SSLContext) -> str | None:
    """Return why the health endpoint `url` does not answer 200, None if it does."""
    try:
        status, body = _get(url, tls)
    except (OSError, http.client.HTTPException) as error:
        return f"no answer from {url}: {error}"
    if status == http.client.OK:
        return None
    lines = body.decode(errors="replace").splitlines()
    failed = [line for line in lines if line.startswith("[-]")] or lines[:1]
    return f"{url} answers {status}: {' '.join(failed)}"


def get_json(url: str, tls: ssl.SSLContext) -> Any | None:
    """Return the JSON value at `url`, None if there is none or no answer."""
    try:
        status, body = _get(url, tls)
    except (OSError, http.client.HTTPException):
        return None
    return json.loads(body) if status == http.client.OK else None


def admin_tls(layout: Layout) -> ssl.SSLContext:
    """Return the client side of the administrator.

    Servers are not verified: some components make themselves a certificate at each start, and
    there is nobody else in this network.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(layout.pki / "admin.crt", layout.pki / "admin.key")
    return context


def _get(url: str, tls: ssl.SSLContext) -> tuple[int, bytes]:
    parts = urlsplit(url)
    host = parts.netloc
    connection = (
        http.client.HTTPSConnection(host, timeout=ANSWER_S, context=tls)
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, timeout=ANSWER_S)
    )
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
