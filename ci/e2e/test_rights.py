"""What a run may do: what was granted, nothing else, and as nobody in particular."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from e2e.commands import Finished, finish, get, kubectl, run
from e2e.workloads import deployment

# A module of the demo changes one of its deployments.
pytestmark = pytest.mark.alone

OPA_MODULE = "/scenarios/demo/test_opa_enforce.py"
SIDECAR = "fitness-tracker-sidecar"
REF = "deployment/one"
# All that the preset `patch-deployments` is said to be enough for.
CHANGES: list[dict[str, Any]] = [
    {"set_env": {"object": REF, "env": {"MODE": "tested"}}},
    {"rollout": {"object": REF}},
    {"logs": {"object": REF, "contains": "mode tested"}},
    {"exec": {"object": REF, "command": ["python", "-c", "pass"]}},
    {"scale": {"object": REF, "replicas": 2}},
    {"rollout": {"object": REF, "restart": True}},
    {"patch": {"object": REF, "merge": {"metadata": {"labels": {"touched": "yes"}}}}},
    {"wait": {"object": REF, "jq": ".status.availableReplicas == 2"}},
]
READS: list[dict[str, Any]] = [
    {"wait": {"object": "pod/${pod}", "for": "condition=Ready"}},
    {"logs": {"selector": "app=one", "contains": "still up"}},
]


def test_opa_module_flips_the_deployments_mode_and_restores_it(install: Any, demo: str) -> None:
    before = get("deployment", SIDECAR, demo)["metadata"]["generation"]
    release = install({"run": {"paths": [OPA_MODULE]}, "rbac": {"preset": "patch-deployments"}})
    done = finish(release.job(), release.namespace)

    assert done.condition["type"] == "Complete", done.log
    sidecar = get("deployment", SIDECAR, demo)
    # To enforce and back at the least: each change of the template is a generation.
    assert sidecar["metadata"]["generation"] >= before + 2
    env = sidecar["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "OPA_PROXY_MODE", "value": "track"} in env


def test_rbac_denies_what_was_not_granted(install: Any, demo: str) -> None:
    before = get("deployment", SIDECAR, demo)["metadata"]["generation"]
    read_only = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]
    release = install(
        {
            "run": {"paths": [OPA_MODULE]},
            "rbac": {"rules": read_only},
            "job": {"backoffLimit": 0},
        }
    )
    done = finish(release.job(), release.namespace)

    assert done.exit_codes == [3], done.log
    assert f"cannot patch deployment/{SIDECAR} in namespace {demo}" in done.log
    assert "forbidden" in done.log
    assert get("deployment", SIDECAR, demo)["metadata"]["generation"] == before


@pytest.fixture
def one(namespace: str) -> str:
    """A Deployment in the namespace of the run; give the name of its pod."""
    kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(deployment(MODE="before")))
    kubectl("rollout", "status", REF, "-n", namespace, "--timeout=120s")
    pods = json.loads(kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    return str(pods[0]["metadata"]["name"])


def scenario(pod: str, *actions: dict[str, Any]) -> dict[str, Any]:
    steps = [{"kubernetes": action} for action in actions]
    document = {"name": "x", "timeout": "3m", "vars": {"pod": pod}, "steps": steps}
    return {"inline": {"x.yaml": yaml.safe_dump(document, sort_keys=False)}}


def test_preset_is_enough_for_every_change_to_a_deployment(
    install: Any, namespace: str, one: str
) -> None:
    release = install(
        {
            "run": {"namespace": namespace},
            "rbac": {"preset": "patch-deployments"},
            "scenarios": scenario(one, *CHANGES),
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [0], done.log
    after = get("deployment", "one", namespace)
    assert after["spec"]["replicas"] == 1
    assert "touched" not in after["metadata"].get("labels", {})


def read_pods(install: Any, namespace: str, pod: str, *actions: dict[str, Any]) -> Finished:
    """Run actions with no more rights than to read pods."""
    release = install(
        {
            "run": {"namespace": namespace},
            "rbac": {"preset": "read-pods"},
            "scenarios": scenario(pod, *actions),
            "job": {"backoffLimit": 0},
        }
    )
    return finish(release.job(), release.namespace)


def test_read_pods_reads_pods(install: Any, namespace: str, one: str) -> None:
    done = read_pods(install, namespace, one, *READS)
    assert done.exit_codes == [0], done.log


@pytest.mark.parametrize(
    ("action", "lacks"),
    [
        (CHANGES[0], "apiGroups: [apps], resources: [deployments], verbs: [get]"),
        ({"exec": {"object": "pod/${pod}", "command": ["true"]}}, "resources: [pods/exec]"),
    ],
    ids=["set_env", "exec"],
)
def test_read_pods_changes_nothing(
    install: Any, namespace: str, one: str, action: dict[str, Any], lacks: str
) -> None:
    done = read_pods(install, namespace, one, action)
    assert done.exit_codes == [3], done.log
    assert lacks in done.log


def test_cluster_rules_reach_what_lies_in_no_namespace(install: Any, namespace: str) -> None:
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    wait = {"wait": {"object": f"node/{nodes[0]['metadata']['name']}", "for": "condition=Ready"}}
    rule = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
    release = install(
        {
            "run": {"namespace": namespace},
            "rbac": {"allowClusterWide": True, "clusterRules": [rule]},
            "scenarios": scenario("", wait),
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [0], done.log


def test_without_rules_there_is_no_token(install: Any) -> None:
    release = install({"run": {"paths": ["/scenarios/demo/01-proxy-passthrough.yaml"]}})
    done = finish(release.job(), release.namespace)
    spec = done.pods[0]["spec"]
    assert done.exit_codes == [0]
    assert spec["automountServiceAccountToken"] is False
    assert not [volume for volume in spec["volumes"] if "projected" in volume]


def test_namespace_enforces_the_restricted_level(namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root"},
        "spec": {"containers": [{"name": "root", "image": "localhost/agentrig:dev"}]},
    }
    refused = run(
        *("kubectl", "create", "-n", namespace, "-f", "-"), stdin=json.dumps(pod), check=False
    )
    assert refused.returncode != 0
    assert "violates PodSecurity" in refused.stderr


def test_secrets_come_by_reference_and_stay_out_of_the_log(install: Any, namespace: str) -> None:
    kubectl(
        "create", "secret", "generic", "llm", "-n", namespace, "--from-literal=key=s3cr3t-value"
    )
    module = (
        "import os\n\n\ndef test_the_secret_is_there():\n"
        "    assert os.environ['LLM_KEY'].startswith('s3')\n"
    )
    release = install(
        {
            "scenarios": {"inline": {"test_secret.py": module}},
            "env": {"LLM_KEY": {"secretKeyRef": {"name": "llm", "key": "key"}}},
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [0], done.log
    assert "s3cr3t-value" not in done.log
