"""From the endpoint of a step to its URL, on each of the three ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from agentrig._choices import Via
from agentrig.errors import UsageError
from agentrig.scenario import load_scenarios
from agentrig.steps import step_kinds
from agentrig.targets import Resolver, Service, Target, TargetSettings

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.scenario import Scenario

PROXY = "http://{agent}.{namespace}.svc.{cluster_domain}:4000"


def resolver(via: Via, forwarder: Any = None, **more: Any) -> Resolver:
    settings = TargetSettings(via=via, namespace="team-a", **more)
    return Resolver(settings, forwarder)


def scenario(folder: Path, **fields: Any) -> Scenario:
    file = folder / "scenario.yaml"
    lines = [f"{name}: {value}" for name, value in fields.items()]
    file.write_text("\n".join(["name: x", *lines, "steps: []"]))
    (scenario,) = load_scenarios(file, step_kinds(), endpoints=[])
    return scenario


@pytest.fixture
def gymcoach(tmp_path: Path) -> Scenario:
    return scenario(tmp_path, agent="gymcoach", proxy_port=4000, control_port=4001)


def test_dns_fills_the_template(gymcoach: Scenario) -> None:
    target = resolver(Via.DNS, cluster_domain="k8s.example").resolve("control", gymcoach)
    assert target.url == "http://gymcoach.team-a.svc.k8s.example:4001"
    assert target.service == Service(name="gymcoach", namespace="team-a", port=4001)
    assert str(target) == (
        "'control' at http://gymcoach.team-a.svc.k8s.example:4001 "
        "(service gymcoach, namespace team-a, via dns)"
    )


def test_direct_goes_to_the_scenarios_own_ports(gymcoach: Scenario) -> None:
    target = resolver(Via.DIRECT).resolve("control", gymcoach)
    assert target.url == "http://localhost:4001"
    assert "service gymcoach, namespace team-a" in str(target)


def test_direct_without_a_port_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"give --target proxy=URL, or 'proxy_port' in the scen"):
        resolver(Via.DIRECT).resolve("proxy", scenario(tmp_path, agent="gymcoach"))


def test_direct_remembers_the_ports_of_an_agent(gymcoach: Scenario) -> None:
    found = resolver(Via.DIRECT)
    found.learn_ports(gymcoach)
    assert found.find("proxy", agent="gymcoach").url == "http://localhost:4000"
    with pytest.raises(UsageError):
        found.find("proxy", agent="trading-bot")


def test_direct_takes_a_template_that_is_an_address(gymcoach: Scenario) -> None:
    templates = {"search": "https://search.example/api/", "index": "http://index.a.svc:9200"}
    found = resolver(Via.DIRECT, templates=templates)
    assert found.resolve("search", gymcoach).url == "https://search.example/api"
    with pytest.raises(UsageError, match="no address for target 'index'"):
        found.resolve("index", gymcoach)


@pytest.mark.parametrize("via", list(Via))
def test_an_override_holds_on_every_way_and_the_agents_own_comes_first(
    via: Via, gymcoach: Scenario, tmp_path: Path
) -> None:
    overrides = {
        "proxy": "http://127.0.0.1:1",
        "gymcoach/proxy": "http://127.0.0.1:2/{agent}",
    }
    found = resolver(via, overrides=overrides)
    mine = found.resolve("proxy", gymcoach)
    other = found.resolve("proxy", scenario(tmp_path, agent="other"))
    assert (mine.url, mine.via) == ("http://127.0.0.1:2/gymcoach", Via.DIRECT)
    assert other.url == "http://127.0.0.1:1"
    found.override("gymcoach/proxy", "http://127.0.0.1:3")
    assert found.resolve("proxy", gymcoach).url == "http://127.0.0.1:3"
    assert not found.needs_opening(mine)


@dataclass
class Tunnels:
    """Stands for the tunnels of a cluster that is not there."""

    opened: list[Service] = field(default_factory=list)

    def forward(self, service: Service) -> int:
        self.opened.append(service)
        return 50_000


@pytest.mark.parametrize(
    ("endpoint", "service", "url"),
    [
        ("proxy", Service(name="gymcoach", namespace="team-a", port=4000), "http://{}"),
        (
            "http://db.other.svc.cluster.local:8080/a?b=c#d",
            Service(name="db", namespace="other", port=8080),
            "http://{}/a?b=c#d",
        ),
        ("https://db.other.svc/", Service(name="db", namespace="other", port=443), "https://{}/"),
        ("http://db.other.svc", Service(name="db", namespace="other", port=80), "http://{}"),
        ("https://api.example/x/", None, "https://api.example/x/"),
        ("http://svc/", None, "http://svc/"),
    ],
)
def test_a_tunnel_leads_to_the_service_that_a_url_names(
    endpoint: str, service: Service | None, url: str, gymcoach: Scenario
) -> None:
    tunnels = Tunnels()
    found = resolver(Via.PORT_FORWARD, tunnels)
    target = found.resolve(endpoint, gymcoach)
    assert found.needs_opening(target) is (service is not None)
    opened = found.open(target)
    assert opened.url == url.format("127.0.0.1:50000")
    assert tunnels.opened == ([service] if service else [])
    assert str(opened).startswith(f"'{endpoint}' at " if service else endpoint)


def test_a_run_that_cannot_forward_says_so(gymcoach: Scenario) -> None:
    found = resolver(Via.PORT_FORWARD)
    with pytest.raises(UsageError, match="cannot forward"):
        found.open(found.resolve("proxy", gymcoach))


def test_an_unknown_target_names_the_known_ones(gymcoach: Scenario) -> None:
    found = resolver(Via.DNS, overrides={"a/extra": "http://x"})
    with pytest.raises(UsageError) as caught:
        found.resolve("extras", gymcoach)
    assert str(caught.value) == "unknown target 'extras': this run knows control, extra, proxy"


def test_a_template_needs_an_agent_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs an agent: name one in the scenario"):
        resolver(Via.DNS).resolve("proxy", scenario(tmp_path))


def test_an_agent_that_makes_no_url_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="white space"):
        resolver(Via.DNS).resolve("proxy", scenario(tmp_path, agent="gym coach"))


def test_an_agent_named_like_a_placeholder_stays_itself(tmp_path: Path) -> None:
    target = resolver(Via.DNS).resolve("proxy", scenario(tmp_path, agent="'{cluster_domain}'"))
    assert target.url == "http://{cluster_domain}.team-a.svc.cluster.local:4000"


@pytest.mark.parametrize(
    ("via", "where", "advice"),
    [
        (Via.DIRECT, "laptop", "start it, or name another place: --target NAME=URL"),
        (Via.DNS, "laptop", "from here, --via port-forward"),
        (Via.DNS, "pod", "kubectl get endpoints gymcoach --namespace demo"),
        (Via.PORT_FORWARD, "laptop", "kubectl get endpoints gymcoach --namespace demo"),
    ],
)
def test_where_nobody_answers_each_way_says_what_to_do(
    via: Via, where: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    if where == "pod":
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "198.51.100.1")
    service = Service(name="gymcoach", namespace="demo", port=4000)
    target = Target(endpoint="proxy", url="http://gymcoach:4000", via=via, service=service)
    error = str(target.unreachable("connection refused"))
    named = f"'proxy' at http://gymcoach:4000 (service gymcoach, namespace demo, via {via})"
    assert error.startswith(f"cannot reach {named}: connection refused\n  ")
    assert advice in error
