"""What a preflight finds in a cluster, all at once, and how it says so."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ClusterError, ScenarioError
from tests.support.golden import check_golden
from tests.support.kube_api import Asked, forbidden, status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.launch.preflight.conftest import World

ROOT_ANSWERS = "name: The root answers\nagent: gymcoach\nsteps: [{path: /}]\n"
IMAGE = {"repository": "registry.example.com/qa/agentrig", "tag": "1.0"}
PLAIN: dict[str, Any] = {"image": IMAGE, "run": {"namespace": "demo"}}
INLINE = {**PLAIN, "scenarios": {"inline": {"root.yaml": ROOT_ANSWERS}}}
AGENT_PORTS = {"proxy": 4000, "control": 4001}


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Path:
    name = request.node.name.removeprefix("test_")
    return request.path.parent / "golden" / f"{name}.txt"


def test_a_cluster_with_all_that_is_needed_has_nothing_missing(world: World) -> None:
    world.service("gymcoach", ports=AGENT_PORTS)
    found = world.check(INLINE)
    assert (found.missing, found.unchecked) == ((), ())
    tried = [one for one in world.api.asked if one.query.get("dryRun")]
    assert {one.body["kind"] for one in tried} == {"Job", "Pod", "ServiceAccount", "ConfigMap"}


def test_everything_missing_is_named_at_once(world: World, golden: Path) -> None:
    world.service("gymcoach", ports=AGENT_PORTS)
    world.service("trading-bot", ready=False, ports=AGENT_PORTS)
    world.core("secrets", "llm-keys", data={"key": "eA=="})
    world.core("configmaps", "suite", data={"A": "1"})
    world.node("registry.example.com/qa/other:1.0")
    values = {
        **PLAIN,
        "image": {**IMAGE, "pullPolicy": "Never"},
        "run": {
            "namespace": "demo",
            "targets": {
                "ledger": "http://trading-bot.demo.svc.cluster.local:4000",
                "metrics": "http://gymcoach.demo.svc:9090",
                "elsewhere": "http://agent.dmo.svc.cluster.local",
                "outside": "https://example.com",
            },
        },
        "scenarios": {
            "inline": {
                "root.yaml": ROOT_ANSWERS.replace("gymcoach", "gymcoch"),
                "other.yaml": ROOT_ANSWERS.replace("gymcoach", "gymcoch"),
                "skipped.yaml": "skip: not yet\n" + ROOT_ANSWERS.replace("gymcoach", "nobody"),
            }
        },
        "env": {
            "KEY": {"secretKeyRef": {"name": "llm-key", "key": "api-key"}},
            "MODEL": {"configMapKeyRef": {"name": "suite", "key": "MODEL"}},
            "MAYBE": {"secretKeyRef": {"name": "nosuch", "key": "x", "optional": True}},
        },
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "secretMounts": {"ca": {"secretName": "company-ca", "mountPath": "/etc/ca"}},
        "serviceAccount": {"create": False, "name": "e2e"},
    }
    check_golden(golden, world.said(values))


def test_a_namespace_that_is_not_there(world: World, golden: Path) -> None:
    del world.api.objects["/api/v1/namespaces/qa"]
    world.namespace("qa-2")
    world.service("gymcoach", ports=AGENT_PORTS)
    check_golden(golden, world.said(INLINE))
    tried = [one.path for one in world.api.asked if one.query.get("dryRun")]
    assert tried == []


def test_rights_are_told_as_the_rules_that_are_missing(world: World, golden: Path) -> None:
    world.service("gymcoach", ports=AGENT_PORTS)
    world.denied = {"create jobs", "delete jobs", "get pods/log", "create secrets", "watch events"}
    world.refused["jobs"] = forbidden("create", "jobs", "batch")
    check_golden(golden, world.said(INLINE))


def test_helm_4_needs_the_right_to_patch(world: World) -> None:
    world.denied = {"patch jobs"}
    assert world.check(PLAIN, helm=(3, 18)).missing == ()
    found = world.check(PLAIN, helm=(4, 1)).missing
    assert [one.what for one in found] == [
        "this account may not, in namespace qa: patch jobs.batch"
    ]


def test_what_may_not_be_looked_at_is_said_and_is_no_failure(world: World, golden: Path) -> None:
    world.denied = {"get configmaps", "get services", "get namespaces", "list nodes"}
    world.refused["pods"] = forbidden("create", "pods")
    values = {
        "image": {**IMAGE, "pullPolicy": "Never"},
        "run": {"targets": {"proxy": "http://gymcoach.demo.svc:4000"}},
        "envFrom": [{"configMapRef": {"name": "suite"}}],
    }
    said = world.said(values)
    assert "missing" not in said
    check_golden(golden, said)


POD_SECURITY = (
    'pods "rel-" is forbidden: violates PodSecurity "restricted:latest": '
    'allowPrivilegeEscalation != false (container "runner" must set ...)'
)
QUOTA = (
    'pods "rel-" is forbidden: exceeded quota: compute, requested: limits.cpu=1, '
    "used: limits.cpu=4, limited: limits.cpu=4"
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pod_security", POD_SECURITY),
        ("quota", QUOTA),
        ("limit_range", 'pods "rel-" is forbidden: maximum cpu usage per Container is 500m'),
        ("webhook", 'admission webhook "policy.example.com" denied the request: no team label'),
    ],
)
def test_what_admission_says_of_the_pod(
    world: World, golden: Path, name: str, message: str
) -> None:
    world.refused["pods"] = 403, status(403, "Forbidden", message)
    check_golden(golden.with_name(f"refused_{name}.txt"), world.said(PLAIN))


def test_an_object_of_another_release_is_told(world: World) -> None:
    world.refused["serviceaccounts"] = 409, status(409, "AlreadyExists", "already exists")
    (missing,) = world.check(PLAIN).missing
    assert missing.what == (
        "serviceaccount 'rel-agentrig-runner' is in namespace qa already, and is not this release's"
    )


def test_the_pod_is_tried_with_an_account_that_is_there(world: World) -> None:
    world.check(PLAIN)
    (pod,) = [one.body for one in world.api.asked if one.path.endswith("/qa/pods")]
    assert pod["spec"]["serviceAccountName"] == "default"
    assert pod["metadata"]["generateName"] == "rel-agentrig-run-1-"
    # A policy that goes by the account cannot be judged by another one's.
    said = "unable to validate against any security context constraint: []"
    world.refused["pods"] = 403, status(403, "Forbidden", said)
    found = world.check(PLAIN)
    assert found.missing == ()
    assert found.unchecked == ("whether a pod of the run in namespace qa is admitted",)


def registry(*hosts: str) -> dict[str, Any]:
    auths = {host: {"auth": "eDp5"} for host in hosts}
    packed = base64.b64encode(json.dumps({"auths": auths}).encode()).decode()
    return {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": packed}}


def test_a_service_without_a_ready_address(world: World) -> None:
    world.service("gymcoach", ready=None, ports=AGENT_PORTS)
    (missing,) = world.check(INLINE).missing
    assert missing.what == (
        "service 'gymcoach' in namespace demo has no ready endpoint for port 4000 "
        "(scenarios.inline/root.yaml)"
    )
    assert missing.do.endswith("kubectl get pods -n demo -l app=gymcoach")


def test_an_endpoint_that_says_nothing_of_readiness_is_ready(world: World) -> None:
    world.service("gymcoach", ports=AGENT_PORTS)
    path = "/apis/discovery.k8s.io/v1/namespaces/demo/endpointslices/gymcoach-1"
    world.api.objects[path]["endpoints"] = [{"addresses": ["10.1.0.1"]}]
    assert world.check(INLINE).missing == ()


def test_a_headless_service_and_an_external_name_are_taken_as_they_are(world: World) -> None:
    world.service("gymcoach", ports={"other": 1})
    service = world.api.objects["/api/v1/namespaces/demo/services/gymcoach"]
    service["spec"]["clusterIP"] = "None"
    assert world.check(INLINE).missing == ()
    service["spec"] = {"type": "ExternalName", "externalName": "example.com"}
    assert world.check(INLINE).missing == ()


def test_scenarios_that_options_choose_from_are_left_out(world: World) -> None:
    chosen = {**INLINE, "run": {"namespace": "demo", "args": ["-k", "smoke"]}}
    assert world.check(chosen).missing == ()


def test_a_scenario_with_a_mistake_is_shown_with_its_place(world: World) -> None:
    values = {**PLAIN, "scenarios": {"inline": {"root.yaml": "name: x\nsteps: [{pth: /}]\n"}}}
    with pytest.raises(ScenarioError) as raised:
        world.check(values)
    (mistake,) = raised.value.mistakes
    assert str(mistake.at) == "scenarios.inline/root.yaml:2:10"
    assert world.api.asked == []


def test_a_target_that_the_image_may_know_is_no_mistake(world: World) -> None:
    step = "name: x\nsteps: [{endpoint: ledger, path: /}]\n"
    assert world.check({**PLAIN, "scenarios": {"inline": {"a.yaml": step}}}).missing == ()


def test_a_role_elsewhere_needs_its_namespace_and_more_rights(world: World) -> None:
    rules = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]}]
    grant = (
        'roles.rbac.authorization.k8s.io "rel" is forbidden: user "me" (groups=["system"]) is '
        "attempting to grant RBAC permissions not currently held: {APIGroups:[apps]}"
    )
    world.refused["roles"] = 403, status(403, "Forbidden", grant)
    said = world.said({**PLAIN, "rbac": {"rules": rules}})
    assert "the cluster refuses role 'rel-agentrig-runner" in said
    assert "attempting to grant RBAC permissions not currently held" in said
    assert "let an administrator make the role" in said
    del world.api.objects["/api/v1/namespaces/demo"]
    assert "namespace 'demo' does not exist, and the chart has objects" in world.said(
        {**PLAIN, "rbac": {"rules": rules}}
    )


def test_an_api_that_is_away_ends_the_preflight(world: World) -> None:
    world.api.rules.insert(0, lambda _: (500, status(500, "InternalError", "etcd is away")))
    with pytest.raises(ClusterError, match="etcd is away"):
        world.check(PLAIN)


def test_nothing_is_asked_twice(world: World) -> None:
    world.service("gymcoach", ports=AGENT_PORTS)
    world.check({**INLINE, "run": {"namespace": "demo", "targets": {
        "a": "http://gymcoach.demo.svc:4001", "b": "http://gymcoach.demo.svc:4000"}}})  # fmt: skip

    def key(one: Asked) -> tuple[str, ...]:
        return (one.method, one.path, json.dumps(one.query), json.dumps(one.body))

    asked = [key(one) for one in world.api.asked]
    assert sorted(set(asked)) == sorted(asked)


def test_files_beside_the_scenarios_are_no_scenarios(world: World) -> None:
    rows = "name: Row ${data.n}\ndata: rows.data.yaml\nsteps: [{wait: 1ms}]\n"
    files = {"many.yaml": rows, "rows.data.yaml": "[{n: 1}]\n", "agentrig.yaml": "slo: {}\n"}
    assert world.check({**PLAIN, "scenarios": {"inline": files}}).missing == ()


REGISTRY = "registry.example.com"
PULLS = {**PLAIN, "imagePullSecrets": [{"name": "regcred"}]}


@pytest.mark.parametrize(
    "hosts",
    [[REGISTRY], ["quay.io", f"https://{REGISTRY}/v1/"], ["*.example.com"], [f"{REGISTRY}/qa"]],
)
def test_a_pull_secret_of_the_images_registry_will_do(world: World, hosts: list[str]) -> None:
    world.core("secrets", "regcred", **registry(*hosts))
    assert world.check(PULLS).missing == ()


def test_docker_hub_has_another_name_in_its_credentials(world: World) -> None:
    world.core("secrets", "regcred", **registry("https://index.docker.io/v1/"))
    hub = {**PULLS, "image": {"repository": "company/agentrig", "tag": "1.0"}}
    assert world.check(hub).missing == ()


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (None, "pull secret 'regcred' does not exist in namespace qa"),
        ({"type": "Opaque", "data": {}}, "is of type Opaque, and holds no credentials"),
        (registry("quay.io", "ghcr.io"), "no credentials for registry.example.com: it has some"),
        (registry(), "has no credentials for registry.example.com: it has some for none"),
        (
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}},
            "its '.dockerconfigjson' cannot be read",
        ),
        (
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "%"}},
            "its '.dockerconfigjson' cannot be read",
        ),
    ],
    ids=["none", "type", "others", "empty", "no auths", "no base64"],
)
def test_a_pull_secret_that_does_not_help_is_told(
    world: World, secret: dict[str, Any] | None, said: str
) -> None:
    if secret is not None:
        world.core("secrets", "regcred", **secret)
    (missing,) = world.check(PULLS).missing
    assert said in missing.what
    assert missing.do.startswith(
        f"kubectl create secret docker-registry regcred -n qa --docker-server={REGISTRY}"
    )


def test_a_queue_that_nobody_serves_is_told(world: World) -> None:
    (missing,) = world.check({**PLAIN, "kueue": {"queueName": "tests"}}).missing
    assert missing.what == "localqueue 'tests' does not exist in namespace qa"
    assert "waits for ever" in missing.do


def test_a_priority_class_is_told_once(world: World) -> None:
    said = "no PriorityClass with name batch was found"
    world.refused["pods"] = 403, status(403, "Forbidden", f'pods "x" is forbidden: {said}')
    (missing,) = world.check({**PLAIN, "priorityClassName": "batch"}).missing
    assert missing.what == "priorityclass 'batch' does not exist"


def test_a_kind_that_nobody_defined_is_told(world: World) -> None:
    extra = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    (missing,) = world.check({**PLAIN, "extraObjects": [extra]}).missing
    assert missing.what == "the cluster knows no Widget (example.com/v1), which the chart makes"


def policy(*targets: dict[str, Any]) -> dict[str, Any]:
    return {**PLAIN, "networkPolicy": {"enabled": True, "targets": list(targets)}}


def test_a_namespace_that_only_the_network_policy_names_is_told(world: World) -> None:
    world.core("pods", "agent", namespace="demo")
    (missing,) = world.check(policy({"namespace": "dmo"})).missing
    assert missing.what == (
        "namespace 'dmo' does not exist, and networkpolicy 'rel-agentrig-runner' lists it as one "
        "to reach: did you mean 'demo'?"
    )


def test_pods_that_the_network_policy_lets_through_may_come_later(world: World) -> None:
    world.core("pods", "agent", namespace="demo", metadata={"labels": {"app": "vllm"}})
    selector = {"matchLabels": {"app": "vllm"}}
    assert world.check(policy({"namespace": "demo", "podSelector": selector})).doubted == ()
    selector = {"matchLabels": {"app": "llm"}}
    found = world.check(policy({"namespace": "demo", "podSelector": selector}))
    assert found.missing == ()
    (doubt,) = found.doubted
    assert doubt.startswith("networkpolicy 'rel-agentrig-runner' lets the run reach namespace demo")
    assert doubt.endswith("and there is no pod with the labels app=llm")


def test_scenarios_of_a_config_map_that_is_there_are_read(world: World) -> None:
    there = {**PLAIN, "scenarios": {"configMap": {"name": "suite"}}}
    (missing,) = world.check(there).missing
    assert missing.what.startswith("configmap 'suite' does not exist in namespace qa")
    world.core("configmaps", "suite", data={"root.yaml": ROOT_ANSWERS})
    (missing,) = world.check(there).missing
    assert missing.what.startswith("service 'gymcoach' does not exist in namespace demo")


def test_a_config_map_is_laid_out_as_its_volume_is(world: World) -> None:
    world.service("gymcoach", ports=AGENT_PORTS)
    library = "define: greet\nsteps: [{path: /}]\n"
    uses = "name: x\nagent: gymcoach\nsteps: [{uses: lib/greet.yaml#greet}]\n"
    world.core("configmaps", "suite", data={"greet": library, "x": uses})
    items = [{"key": "greet", "path": "lib/greet.yaml"}, {"key": "x", "path": "x.yaml"}]
    found = world.check({**PLAIN, "scenarios": {"configMap": {"name": "suite", "items": items}}})
    assert found.missing == ()
    world.core("configmaps", "suite", data={"greet": library, "x": uses.replace("lib/", "")})
    with pytest.raises(ScenarioError) as raised:
        world.check({**PLAIN, "scenarios": {"configMap": {"name": "suite", "items": items}}})
    assert raised.value.mistakes[0].at.path == "configmap/suite/x.yaml"


def test_yaml_of_other_config_maps_is_no_scenario(world: World) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "redis", "namespace": "qa"},
        "data": {"redis.yaml": "steps: none of ours"},
    }
    volume = {"name": "redis", "configMap": {"name": "redis"}}
    assert world.check({**PLAIN, "extraObjects": [config], "extraVolumes": [volume]}).missing == ()
