from __future__ import annotations

import os
import socket
import threading
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import TargetError, UsageError
from agentrig.kubernetes import PortForwards
from agentrig.targets import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig

SERVICE = Service(name="gymcoach", namespace="demo", port=4000)
ERROR = 'error: error upgrading connection: pods "x" not found\n'

Until = "Callable[[Callable[[], Any]], None]"


@contextmanager
def opened(**options: Any) -> Iterator[PortForwards]:
    forwards = PortForwards(**options)
    try:
        yield forwards
    finally:
        forwards.close()


def ask(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ok", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_a_tunnel_is_opened_once_on_a_free_port(kubectl: Any) -> None:
    with opened() as forwards:
        port = forwards.forward(SERVICE)
        assert ask(port)
        assert forwards.forward(SERVICE) == port
        assert len(kubectl.starts) == 1
        args = kubectl.starts[0]["args"]
    assert args == [
        *("port-forward", "--address", "127.0.0.1", "--namespace", "demo"),
        *("service/gymcoach", ":4000"),
    ]


def test_many_threads_share_a_tunnel(kubectl: Any) -> None:
    with opened() as forwards:
        ports: list[int] = []
        threads = [
            threading.Thread(target=lambda: ports.append(forwards.forward(SERVICE)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ports) == 8
        assert len(set(ports)) == len(kubectl.starts) == 1


def test_services_and_ports_have_tunnels_of_their_own(kubectl: Any) -> None:
    with opened() as forwards:
        ports = {
            forwards.forward(Service(name=name, namespace="demo", port=port))
            for name in ("a", "b")
            for port in (4000, 4001)
        }
        assert len(ports) == len(kubectl.starts) == 4


def test_a_local_port_can_be_chosen(kubectl: Any) -> None:
    port = free_port()
    with opened() as forwards:
        assert forwards.forward(SERVICE, local_port=port) == port
        assert ask(port)
        assert kubectl.starts[0]["args"][-1] == f"{port}:4000"


def test_a_context_is_passed_on(kubectl: Any) -> None:
    with opened(context="there") as forwards:
        forwards.forward(SERVICE)
        assert kubectl.starts[0]["args"][:3] == ["--context", "there", "port-forward"]


def test_without_kubectl_the_way_out_is_told(kubectl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (kubectl.folder / "kubectl").unlink()
    monkeypatch.setenv("PATH", str(kubectl.folder))
    with opened() as forwards, pytest.raises(UsageError, match="needs kubectl on PATH"):
        forwards.forward(SERVICE)


@pytest.mark.parametrize(
    ("fail", "said"),
    [
        (ERROR, 'error upgrading connection: pods "x" not found'),
        ('Warning: old\nError from server (NotFound): services "x" not found\n\n', "NotFound"),
        ("", "kubectl ended without a word"),
    ],
)  # fmt: skip
def test_kubectls_own_words_are_in_the_error(kubectl: Any, fail: str, said: str) -> None:
    kubectl.play(fail=fail)
    with opened() as forwards:
        with pytest.raises(TargetError) as caught:
            forwards.forward(SERVICE)
        for part in ("service gymcoach", "namespace demo", said):
            assert part in str(caught.value)
        with pytest.raises(TargetError):
            forwards.forward(SERVICE)
        assert len(kubectl.starts) == 1


def test_refresh_passes_over_a_tunnel_that_never_came_up(kubectl: Any) -> None:
    with opened() as forwards:
        port = forwards.forward(SERVICE)
        kubectl.play(fail=ERROR)
        with pytest.raises(TargetError):
            forwards.forward(Service(name="b", namespace="demo", port=1))
        kubectl.play()
        forwards.refresh()
        assert ask(port)


def test_words_that_are_no_text_are_told_as_well(kubectl: Any) -> None:
    script = kubectl.folder / "kubectl"
    script.write_bytes(b"#!/bin/sh\nprintf 'error: \\377\\376\\n'\nexit 1\n")
    with opened() as forwards, pytest.raises(TargetError, match="namespace demo: \ufffd\ufffd"):
        forwards.forward(SERVICE)


def test_a_tunnel_that_dies_comes_back_on_its_port(kubectl: Any, until: Any) -> None:
    with opened() as forwards:
        port = forwards.forward(SERVICE)
        kubectl.kill()
        until(lambda: len(kubectl.starts) == 2)
        until(lambda: ask(port))
        assert forwards.forward(SERVICE) == port


def test_a_tunnel_comes_back_when_the_pod_does(kubectl: Any, until: Any) -> None:
    with opened() as forwards:
        port = forwards.forward(SERVICE)
        kubectl.play(fail=ERROR)
        kubectl.kill()
        until(lambda: len(kubectl.starts) >= 3)
        assert not ask(port)
        kubectl.play()
        until(lambda: ask(port))


def test_refresh_leads_to_the_new_pods(kubectl: Any, agent: AgentServer) -> None:
    with opened() as forwards:
        port = forwards.forward(SERVICE)
        other = forwards.forward(Service(name="b", namespace="demo", port=1))
        (first, second) = kubectl.alive
        forwards.refresh()
        assert ask(port)
        assert ask(other)
        assert not {first, second} & set(kubectl.alive)
        assert len(kubectl.starts) == 4
    assert agent.paths == ["/ok", "/ok"]


def test_refresh_waits_while_the_new_pod_is_not_there(kubectl: Any, until: Any) -> None:
    """Right after a rollout kubectl may still be led to the pod that is gone."""
    with opened() as forwards:
        port = forwards.forward(SERVICE)
        kubectl.play(fail=ERROR)
        refreshed = threading.Thread(target=forwards.refresh)
        refreshed.start()
        until(lambda: len(kubectl.starts) >= 3)
        kubectl.play()
        refreshed.join()
        assert ask(port)


def test_refresh_of_a_tunnel_that_just_died(kubectl: Any) -> None:
    with opened() as forwards:
        port = forwards.forward(SERVICE)
        kubectl.kill()
        forwards.refresh()
        assert ask(port)


def test_close_leaves_no_process(kubectl: Any) -> None:
    with opened() as forwards:
        for number in range(3):
            forwards.forward(Service(name=f"s{number}", namespace="demo", port=1))
        assert len(kubectl.alive) == 3
    assert kubectl.alive == []


@pytest.mark.parametrize("play", [{"fail": ERROR}, {"silent": True}], ids=["failing", "silent"])
def test_close_ends_a_tunnel_that_is_not_up_and_whoever_waits_for_it(
    kubectl: Any, until: Any, play: dict[str, Any]
) -> None:
    kubectl.play(**play)
    forwards = PortForwards()
    caught: list[Exception] = []

    def wait() -> None:
        try:
            forwards.forward(SERVICE, local_port=free_port())
        except TargetError as error:
            caught.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    until(lambda: kubectl.starts)
    forwards.close()
    waiting.join()
    assert len(caught) == 1
    assert kubectl.alive == []


def test_after_close_no_tunnel_is_opened(kubectl: Any) -> None:
    forwards = PortForwards()
    forwards.close()
    forwards.close()
    with pytest.raises(TargetError, match="the run is over"):
        forwards.forward(SERVICE)
    assert kubectl.starts == []


def scenario(rig: Rig) -> None:
    rig.write("a.yaml", "name: a\nagent: gymcoach\nsteps: [{path: /ok, expect: {status: 200}}]\n")


def test_a_run_goes_through_tunnels_and_leaves_none(rig: Rig, kubectl: Any) -> None:
    scenario(rig)
    rig.write(
        "test_m.py",
        f"""
        def test_agent(agent):
            assert agent("gymcoach").client.get("/ok").status_code == 200

        def test_fixture(port_forward):
            assert port_forward("gymcoach", {free_port()}, {free_port()})
        """,
    )
    environment = {"PATH": os.environ["PATH"], "PLAY_KUBECTL": str(kubectl.file)}
    ran = rig.run(".", "--via", "port-forward", env=environment)
    assert ran.code == 0, ran.said
    assert kubectl.alive == []
    services = {" ".join(one["args"][-2:]) for one in kubectl.starts}
    assert {"service/gymcoach :4000", "service/gymcoach :4001"} <= services


def test_a_tunnel_that_does_not_come_up_is_infrastructure(rig: Rig, kubectl: Any) -> None:
    scenario(rig)
    kubectl.play(fail=ERROR)
    ran = rig.run(".", "--via", "port-forward", "--namespace", "there")
    assert ran.code == 3, ran.said
    for part in ("service gymcoach", "namespace there", 'pods "x" not found'):
        assert part in ran.out


def test_a_signal_ends_a_run_that_waits_for_a_tunnel(rig: Rig, kubectl: Any, until: Any) -> None:
    scenario(rig)
    kubectl.play(silent=True)
    with rig.started(".", "--via", "port-forward") as process:
        until(lambda: kubectl.starts)
        process.terminate()
        ran = rig.ended(process)
    assert (ran.code, ran.outcomes()) == (2, {"a": "interrupted"}), ran.said
    assert kubectl.alive == []


def test_scenarios_that_begin_at_once_share_tunnels_that_end_with_the_run(
    kubectl: Any, rig: Rig
) -> None:
    for number in range(12):
        rig.scenario(f"s{number}", agent="gymcoach")
    # An endpoint by its name, which a tunnel leads to.
    for file in rig.folder.glob("s*.yaml"):
        file.write_text(file.read_text().replace(rig.url, "proxy"))
    ran = rig.run(".", "--via", "port-forward", "--namespace", "demo")
    assert ran.code == 0, ran.said
    assert len(kubectl.starts) == 1
    assert kubectl.alive == []
