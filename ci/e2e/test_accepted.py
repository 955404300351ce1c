"""Every file of values renders to what the API server takes, and restricted Pod Security."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from e2e.commands import CHART, ROOT, kubectl, make_namespace, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# They define kinds, which a cluster has only once.
pytestmark = pytest.mark.alone

FILES = sorted([*CHART.glob("ci/*-values.yaml"), *CHART.glob("values/*.yaml")])
NAMESPACE = "e2e-accepted"


@pytest.fixture(scope="module")
def place(demo: str) -> Iterator[str]:
    """A namespace whose API server says what `restricted` would refuse of a Pod's template."""
    del demo  # some files put objects into the agents' namespace
    make_namespace(NAMESPACE)
    label = "pod-security.kubernetes.io/warn=restricted"
    kubectl("label", "namespace", NAMESPACE, label, "--overwrite")
    yield NAMESPACE
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.mark.parametrize("values", FILES, ids=[f"{path.parent.name}-{path.stem}" for path in FILES])
def test_api_server_takes_what_the_values_render(values: Path, place: str) -> None:
    check_that_all_are_taken(render(values.read_text(encoding="utf-8"), place), place)


def test_api_server_takes_what_the_documents_show(place: str) -> None:
    document = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    objects = []
    for number, text in enumerate(blocks):
        # What stands below the chart's name is a parent chart's.
        given = yaml.safe_load(text)
        values = yaml.safe_dump(given.get("agentrig", given))
        objects += render(values, place, release=f"block-{number}")
    assert len(objects) > 2 * len(blocks)
    check_that_all_are_taken(objects, place)


def render(values: str, namespace: str, *, release: str = "rel") -> list[dict[str, Any]]:
    """Render the chart, and give its objects."""
    command = ("helm", "template", release, str(CHART), "-n", namespace, "-f", "-")
    return [item for item in yaml.safe_load_all(run(*command, stdin=values).stdout) if item]


def check_that_all_are_taken(objects: list[dict[str, Any]], place: str) -> None:
    """Apply objects dry, on the server, without a warning; what they stand on is made first."""
    made = [*definitions(objects), *accounts(objects)]
    if made:
        kubectl("apply", "-f", "-", stdin=as_list(made))
        wait_for_definitions(made)
    try:
        # Where nothing says it, Helm puts an object into the release's namespace.
        for where in {item["metadata"].get("namespace", place) for item in objects}:
            here = [item for item in objects if item["metadata"].get("namespace", place) == where]
            tried = run(
                *("kubectl", "apply", "--dry-run=server", "-n", where, "-f", "-"),
                stdin=as_list(here),
                check=False,
            )
            assert tried.returncode == 0, tried.stderr
            assert tried.stdout.count("(server dry run)") == len(here)
            assert "Warning" not in tried.stderr
    finally:
        if made:
            kubectl("delete", "--wait=false", "-f", "-", stdin=as_list(made))


def test_warnings_would_be_seen(place: str) -> None:
    container = {"name": "root", "image": "a:1", "securityContext": {"privileged": True}}
    spec = {"restartPolicy": "Never", "containers": [container]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "root"},
        "spec": {"template": {"spec": spec}},
    }
    tried = run(
        *("kubectl", "apply", "--dry-run=server", "-n", place, "-f", "-"), stdin=json.dumps(job)
    )
    assert "Warning: would violate PodSecurity" in tried.stderr


def definitions(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make the least definition of each kind that the cluster does not know: any fields will do."""
    served = set(kubectl("api-versions").split())
    unknown = {
        (item["apiVersion"], item["kind"]) for item in objects if item["apiVersion"] not in served
    }
    return [definition(*kind) for kind in sorted(unknown)]


def definition(api_version: str, kind: str) -> dict[str, Any]:
    """Make a definition of one kind that takes whatever an object of it says."""
    group, version = api_version.split("/")
    plural = f"{kind.lower()}s"
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": anything},
                }
            ],
        },
    }


def accounts(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the accounts without which the API server takes no Pod, not even dry."""
    pods = any(item["kind"] == "Pod" for item in objects)
    return [item for item in objects if pods and item["kind"] == "ServiceAccount"]


def wait_for_definitions(made: list[dict[str, Any]]) -> None:
    """Wait until the API server serves what has just been defined."""
    for item in made:
        if item["kind"] == "CustomResourceDefinition":
            name = f"crd/{item['metadata']['name']}"
            kubectl("wait", name, "--for=condition=Established", "--timeout=30s")


def as_list(objects: list[dict[str, Any]]) -> str:
    """Write objects as one that kubectl reads."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
