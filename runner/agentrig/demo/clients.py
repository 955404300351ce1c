"""HTTP clients for calls between the demo's own parts."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

__all__ = ["internal_client"]


def internal_client(*, timeout_s: float, connect_within_s: float = 2.0) -> httpx.AsyncClient:
    """Make a client that ignores the environment's proxies; close it when done."""
    timeout = httpx.Timeout(timeout_s, connect=connect_within_s)
    return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=_trust())


@cache
def _trust() -> ssl.SSLContext:
    # One for all: reading the certificates takes 20 ms, and the embedded demo has 15 clients.
    return ssl.create_default_context()
