from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from agentrig.demo.serving import PortInUseError, listen, port_of
from agentrig.errors import InfraError

if TYPE_CHECKING:
    import httpx

    from agentrig.demo.embedded import Demo


def test_a_free_port_is_found_and_open() -> None:
    with listen("127.0.0.1", 0, what="test") as listener:
        socket.create_connection(("127.0.0.1", port_of(listener))).close()


def test_a_port_in_use_is_named_with_what_it_is_for() -> None:
    with listen("127.0.0.1", 0, what="first") as taken:
        port = port_of(taken)
        expected = (
            f"port {port} on 127.0.0.1, for the proxy of gymcoach, is in use: "
            "stop what listens there, or choose other ports"
        )
        with pytest.raises(PortInUseError) as caught:
            listen("127.0.0.1", port, what="the proxy of gymcoach")
    assert str(caught.value) == expected


def test_an_address_of_another_machine_is_an_infrastructure_error() -> None:
    with pytest.raises(InfraError, match=r"cannot listen on 192\.0\.2\.1 port 1, for test"):
        listen("192.0.2.1", 1, what="test")


def test_a_kept_connection_is_answered_at_once(demo: Demo, http: httpx.Client) -> None:
    """Nagle's algorithm, left on, costs each answer at least 40 ms."""
    elapsed = [
        http.get(demo.agents["gymcoach"].app_url + "/").elapsed.total_seconds() for _ in range(20)
    ]
    assert min(elapsed[1:]) < 0.03
