"""An agent as a Python module sees it: its URLs, and HTTP clients for them."""

from __future__ import annotations

import time
from functools import cache, cached_property
from typing import TYPE_CHECKING

from agentrig.errors import TargetError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import httpx

    from agentrig.targets import Target

__all__ = ["Agent", "wait_until_healthy"]

TIMEOUT_S = 10.0


@cache
def _tls() -> ssl.SSLContext:
    # Each context takes 20 ms to make; every client of a run shares one.
    import ssl  # noqa: PLC0415  # 5 ms that only Python modules pay

    return ssl.create_default_context()


class Agent:
    """A named agent: `proxy_url` and `control_url`, `client` and `control` that speak to them.

    A request that gets no connection raises TargetError, which ends the run as trouble of the
    infrastructure rather than as a failed test.
    """

    def __init__(self, name: str, *, proxy: Target, control: Target) -> None:
        """Keep the targets; clients are made when they are asked for."""
        self.name = name
        self.proxy_url = proxy.url
        self.control_url = control.url
        self._proxy = proxy
        self._control = control

    @cached_property
    def client(self) -> httpx.Client:
        """A client whose base URL is the proxy's."""
        return _client(self._proxy)

    @cached_property
    def control(self) -> httpx.Client:
        """A client whose base URL is the control plane's."""
        return _client(self._control)

    def close(self) -> None:
        """Close the clients that were made."""
        for name in ("client", "control"):
            if name in self.__dict__:
                self.__dict__[name].close()


def _client(target: Target) -> httpx.Client:
    import httpx  # noqa: PLC0415  # 107 ms that only Python modules pay

    class Transport(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            try:
                return super().handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise target.unreachable(error) from error

    return httpx.Client(base_url=target.url, timeout=TIMEOUT_S, transport=Transport(verify=_tls()))


def wait_until_healthy(
    url: str,
    *,
    within_s: float = 30.0,
    every_s: float = 0.2,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Ask `url` until it answers with anything but a server error. Raises TargetError."""
    import httpx  # noqa: PLC0415  # 107 ms that only Python modules pay

    deadline = clock() + within_s
    with httpx.Client(timeout=2.0, verify=_tls()) as client:
        while True:
            try:
                response = client.get(url)
                if not response.is_server_error:
                    return
                last = f"status {response.status_code}"
            except httpx.TransportError as error:
                last = str(error) or type(error).__name__
            if clock() >= deadline:
                raise TargetError(f"{url} is not healthy after {within_s:g} s: {last}")
            sleep(every_s)
