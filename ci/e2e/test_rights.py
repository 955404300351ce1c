"""What a run may do: what was granted, nothing else, and as nobody in particular."""

from __future__ import annotations

import json
from typing import Any

import pytest
from yaml import safe_load

from e2e.commands import CHART, finish, get, kubectl, run

OPA_MODULE = "/scenarios/demo/test_opa_enforce.py"
SIDECAR = "fitness-tracker-sidecar"


def test_opa_module_flips_the_deployments_mode_and_restores_it(install: Any, demo: str) -> None:
    before = get("deployment", SIDECAR, demo)["metadata"]["generation"]
    rules = safe_load((CHART / "ci" / "rbac-values.yaml").read_text(encoding="utf-8"))["rbac"]
    release = install({"run": {"paths": [OPA_MODULE]}, "rbac": rules})
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


@pytest.mark.parametrize("uid", [1000650000, 65534])
def test_pod_runs_as_any_user_on_a_read_only_root(install: Any, uid: int) -> None:
    release = install(
        {
            "run": {"paths": ["/scenarios/demo/01-proxy-passthrough.yaml"]},
            "podSecurityContext": {"runAsUser": uid, "runAsGroup": None, "fsGroup": None},
        }
    )
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [0], done.log
    container = done.pods[0]["spec"]["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


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
