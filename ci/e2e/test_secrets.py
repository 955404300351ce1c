"""Secrets that scenarios name: read from files, waited for, and shown nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from e2e.commands import finish, get, kubectl, until

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUE = "s3cr3t-of-the-test"
MODULE = f"""
def see(value):
    assert value == "{VALUE[::-1]}"[::-1], "another value"
    return value
"""
SCENARIO = """
name: The secret is there
steps:
  - python: {call: "see.py:see", with: {value: "${secret.LLM_KEY}"}}
"""
INLINE = {"inline": {"x.yaml": SCENARIO, "see.py": MODULE}}

# As much of the External Secrets Operator's API as the chart uses, with nothing more allowed:
# the operator is far too large for a test of the chart.
DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "externalsecrets.external-secrets.io"},
    "spec": {
        "group": "external-secrets.io",
        "scope": "Namespaced",
        "names": {"plural": "externalsecrets", "singular": "externalsecret", "kind": "ExternalSecret"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "secretStoreRef": {
                                        "type": "object",
                                        "properties": {
                                            "name": {"type": "string"},
                                            "kind": {"enum": ["SecretStore", "ClusterSecretStore"], "type": "string"},
                                        },
                                    },
                                    "refreshInterval": {"type": "string"},
                                    "target": {
                                        "type": "object",
                                        "properties": {
                                            "name": {"type": "string"},
                                            "creationPolicy": {"enum": ["Owner", "Orphan", "Merge", "None"], "type": "string"},
                                        },
                                    },
                                    "data": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "required": ["remoteRef", "secretKey"],
                                            "properties": {
                                                "secretKey": {"type": "string"},
                                                "remoteRef": {
                                                    "type": "object",
                                                    "required": ["key"],
                                                    "properties": {
                                                        "key": {"type": "string"},
                                                        "property": {"type": "string"},
                                                    },
                                                },
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}  # fmt: skip


def make_secret(namespace: str, name: str, **data: str) -> None:
    literals = [f"--from-literal={key}={value}" for key, value in data.items()]
    kubectl("create", "secret", "generic", name, "-n", namespace, *literals)


def test_scenario_reads_an_existing_secret(install: Any, namespace: str) -> None:
    make_secret(namespace, "llm", **{"api-key": VALUE, "other": "unused"})
    items = [{"key": "api-key", "path": "LLM_KEY"}]
    release = install(
        {"scenarios": INLINE, "secrets": {"existing": [{"name": "llm", "items": items}]}}
    )
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [0], done.log
    assert VALUE not in done.log


@pytest.fixture
def operators_api() -> Iterator[None]:
    name = DEFINITION["metadata"]["name"]
    # Another test may have defined it, and be taking it away.
    kubectl("delete", "crd", name, "--ignore-not-found", "--timeout=60s")
    kubectl("apply", "-f", "-", stdin=json.dumps(DEFINITION))
    kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")
    yield
    kubectl("delete", "crd", name, "--timeout=60s")


@pytest.mark.alone  # it defines a kind
@pytest.mark.usefixtures("operators_api")
def test_run_waits_for_the_secret_that_the_operator_makes(install: Any, namespace: str) -> None:
    external = {
        "store": {"name": "vault"},
        "data": {"LLM_KEY": {"key": "staging/llm", "property": "api-key"}},
    }
    release = install({"scenarios": INLINE, "secrets": {"external": external}})
    wanted = get("externalsecret", f"{release.name}-agentrig-secrets", namespace)["spec"]
    assert wanted["data"] == [
        {"secretKey": "LLM_KEY", "remoteRef": {"key": "staging/llm", "property": "api-key"}}
    ]
    until(lambda: mount_failures(namespace), "the pod waits")
    assert [pod["status"]["phase"] for pod in release.pods()] == ["Pending"]

    # What the operator would do now.
    make_secret(namespace, wanted["target"]["name"], LLM_KEY=VALUE)
    done = finish(release.job(), release.namespace)
    assert done.exit_codes == [0], done.log
    assert VALUE not in done.log


def mount_failures(namespace: str) -> list[Any]:
    found = kubectl(
        "get", "events", "-n", namespace, "-o", "json", "--field-selector=reason=FailedMount"
    )
    listed: list[Any] = json.loads(found)["items"]
    return listed
