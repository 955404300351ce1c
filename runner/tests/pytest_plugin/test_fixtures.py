"""The fixtures of Python modules, in the real runs that give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentrig.demo.embedded import Demo, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.rig import Ran, Rig


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo() as running:
        yield running


def messages(ran: Ran) -> list[str]:
    return [str(one["message"]) for one in ran.summary()["scenarios"]]


def test_agent_gives_urls_and_clients(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        f"""
        def test_agent(agent):
            one = agent("gymcoach")
            assert one.name == "gymcoach"
            assert one.proxy_url == "{rig.url}"
            assert one.control_url == "{rig.url}/control"
            assert one.client.get("/ok").json() == {{"path": "/ok"}}
            assert one.control.get("/health/live").json() == {{"path": "/control/health/live"}}
            assert one.client is one.client
        """,
    )
    targets = [f"gymcoach/proxy={rig.url}/", f"control={rig.url}/control"]
    ran = rig.run(".", "--target", targets[0], "--target", targets[1])
    assert ran.code == 0, ran.said


def test_agent_learns_ports_from_scenarios(rig: Rig) -> None:
    port = rig.url.rpartition(":")[2]
    rig.write(
        "a.yaml",
        f"name: a\nagent: coach\nproxy_port: {port}\ncontrol_port: {port}\n"
        "steps: [{path: /ok, expect: {status: 200}}]\n",
    )
    rig.write(
        "test_m.py",
        "def test_m(agent):\n"
        "    assert agent('coach').client.get('/ok').status_code == 200\n"
        "    assert agent('coach').control.get('/ok').status_code == 200\n",
    )
    ran = rig.run(".")
    assert ran.code == 0, ran.said


def test_an_agent_without_address_is_told(rig: Rig) -> None:
    rig.write("test_m.py", "def test_m(agent):\n    agent('coach')\n")
    ran = rig.run(".")
    assert ran.code == 3, ran.said
    (message,) = messages(ran)
    assert "no address for target 'proxy'" in message
    assert "Traceback" not in ran.out


@pytest.mark.parametrize("way", ["client", "control"])
def test_no_connection_is_no_failed_test(rig: Rig, way: str) -> None:
    rig.write("test_m.py", f"def test_m(agent):\n    agent('coach').{way}.get('/x')\n")
    ran = rig.run(
        ".", "--target", "proxy=http://127.0.0.1:9", "--target", "control=http://127.0.0.1:9"
    )
    assert (ran.code, list(ran.outcomes().values())) == (3, ["error"]), ran.said
    (message,) = messages(ran)
    name = {"client": "proxy", "control": "control"}[way]
    assert message.startswith(f"cannot reach '{name}' at http://127.0.0.1:9 (via direct): ")


def test_a_connection_that_breaks_is_a_failed_test(rig: Rig) -> None:
    """The agent was reached, and gave no answer: that is a verdict."""
    rig.write("test_m.py", "def test_m(agent):\n    agent('coach').client.get('/drop')\n")
    ran = rig.run(".", "--target", f"proxy={rig.url}", "--target", f"control={rig.url}")
    assert (ran.code, list(ran.outcomes().values())) == (1, ["failed"]), ran.said


def test_port_forward_gives_the_runs_own_urls_where_nothing_needs_a_tunnel(rig: Rig) -> None:
    port = rig.url.rpartition(":")[2]
    rig.write(
        "test_m.py",
        f"""
        def test_ports(port_forward):
            urls = port_forward("coach", {port}, {port})
            assert urls == ("http://localhost:{port}", "http://localhost:{port}")
        """,
    )
    ran = rig.run(".")
    assert ran.code == 0, ran.said
    rig.write(
        "test_m.py",
        f"""
        def test_targets(port_forward):
            assert port_forward("coach", 1, 2) == ("{rig.url}", "{rig.url}")
        """,
    )
    ran = rig.run(".", "--target", f"proxy={rig.url}", "--target", f"coach/control={rig.url}")
    assert ran.code == 0, ran.said


CLUSTER = """
    import pytest

    def test_env(cluster):
        ref = "deployment/fitness-tracker-sidecar"
        assert cluster.get_env(ref)["OPA_PROXY_MODE"] == "track"
        cluster.set_env(ref, {"OPA_PROXY_MODE": "off"})
        cluster.wait_rollout(ref, timeout_s=30)
        assert cluster.get_env(ref)["OPA_PROXY_MODE"] == "off"
        cluster.set_env(ref, {"OPA_PROXY_MODE": "track"}, container="sidecar")
        cluster.wait_rollout(ref, timeout_s=30)

    def test_unknown(cluster):
        cluster.get_env("deployment/nosuch")

    def test_container(cluster):
        cluster.set_env("deployment/gymcoach", {}, container="nosuch")

    def test_reference(cluster):
        cluster.get_env("gymcoach")
"""


def test_cluster_against_the_demos_stand_in(rig: Rig, demo: Demo) -> None:
    rig.write("test_m.py", CLUSTER)
    ran = rig.run(".", "--kube-server", demo.kube_server)
    assert ran.code == 3, ran.said
    assert messages(ran) == [
        "None",
        (
            "cannot read deployment/nosuch in namespace demo: "
            'deployments.apps "nosuch" not found (HTTP 404)'
        ),
        "deployment/gymcoach has no container 'nosuch': agent",
        "'gymcoach' is no reference to an object: write KIND/NAME, as pod/x",
    ]
    assert "Traceback" not in ran.out + ran.err


def test_cluster_without_a_configuration_is_told(rig: Rig) -> None:
    rig.write("test_m.py", "def test_m(cluster):\n    cluster.get_env('deployment/x')\n")
    ran = rig.run(".", env={"KUBECONFIG": "nowhere", "HOME": str(rig.folder)})
    assert ran.code == 3, ran.said
    (message,) = messages(ran)
    assert message.startswith(
        "cannot read deployment/x in namespace demo: no cluster is configured"
    )


def test_demo_cluster_uses_the_demo_that_is_there(rig: Rig, demo: Demo) -> None:
    rig.write(
        "test_m.py",
        """
        import pytest
        pytestmark = pytest.mark.usefixtures("demo_cluster")
        def test_m(agent):
            assert agent("gymcoach").control.get("/health/ready").status_code == 200
        """,
    )
    args = [f"--target={name}={url}" for name, url in demo.targets().items()]
    ran = rig.run(".", *args)
    assert ran.code == 0, ran.said
