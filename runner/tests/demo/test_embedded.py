from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from agentrig.demo.embedded import running_demo
from agentrig.demo.manifests import AGENTS
from agentrig.demo.serving import PortInUseError
from agentrig.errors import InfraError, UsageError

if TYPE_CHECKING:
    from agentrig.demo.embedded import Demo


def test_every_agent_has_urls_and_targets(demo: Demo, http: httpx.Client) -> None:
    assert list(demo.agents) == list(AGENTS)
    targets = demo.targets()
    assert len(targets) == 2 * len(AGENTS)
    assert targets["gymcoach/control"] == demo.agents["gymcoach"].control_url
    assert http.get(targets["gymcoach/proxy"]).json()["agent"] == "gymcoach"


def test_the_playground_stands_there_if_it_is_asked_for(demo: Demo) -> None:
    assert demo.playground is None
    with running_demo(playground=True) as with_playground:
        url = with_playground.targets()["playground/proxy"]
        assert httpx.get(url).json()["agent"] == "playground"


def test_two_demos_stand_side_by_side_and_leave_nothing_behind(
    demo: Demo, capfd: pytest.CaptureFixture[str]
) -> None:
    threads = threading.active_count()
    with running_demo() as second:
        assert not set(second.targets().values()) & set(demo.targets().values())
        assert httpx.get(second.targets()["gymcoach/proxy"] + "/").is_success
    assert threading.active_count() == threads
    for url in (*second.targets().values(), second.kube_server):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
    assert capfd.readouterr() == ("", "")


def test_what_the_caller_raises_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), running_demo():
        _ = 1 / 0


def test_a_fixed_port_in_use_is_named_and_nothing_stays_open() -> None:
    threads = threading.active_count()
    try:
        taken = socket.create_server(("127.0.0.1", 4005))
    except OSError:
        taken = None  # somebody else has it: just as well
    try:
        with pytest.raises(PortInUseError, match=r"port 40\d\d on 127\.0\.0\.1, for the "):  # noqa: SIM117 - the one must not open the other
            with running_demo(ports="fixed"):
                pass
    finally:
        if taken:
            taken.close()
    assert threading.active_count() == threads


def test_an_opa_url_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="OPA_URL is 'opa:8181': use a URL such as"):  # noqa: SIM117 - as above
        with running_demo(opa_url="opa:8181"):
            pass


def test_an_opa_url_where_nobody_is_ends_the_start() -> None:
    expected = "OPA_URL does not decide: http://127.0.0.1:9 cannot be asked"
    with pytest.raises(InfraError, match=re.escape(expected)):  # noqa: SIM117 - as above
        with running_demo(opa_url="http://127.0.0.1:9"):
            pass


def test_importing_the_demo_brings_no_server_in() -> None:
    heavy = {"uvicorn", "starlette", "httpx", "lightkube", "anyio", "pytest"}
    script = (
        "import sys, agentrig.demo, agentrig.demo.manifests, agentrig.cli.demo\nprint(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "agentrig.demo" in loaded
    assert not heavy & set(loaded)
