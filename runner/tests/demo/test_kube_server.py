from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from lightkube import ApiError, Client, KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.resources.apps_v1 import Deployment
from lightkube.types import PatchType

from agentrig.demo.embedded import Demo, running_demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIDECAR = "fitness-tracker-sidecar"


@pytest.fixture(scope="module")
def own_demo() -> Iterator[Demo]:
    """A demo that no other module uses: its sidecars are restarted here."""
    with running_demo() as running:
        yield running


@pytest.fixture
def kube(own_demo: Demo) -> Iterator[Client]:
    config = KubeConfig.from_one(cluster=Cluster(server=own_demo.kube_server), user=User())
    client = Client(config=config, namespace="demo")
    yield client
    client.close()


def patch_of(env: list[dict[str, Any]], container: str = "sidecar") -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": container, "env": env}]}}}}


def wait_for(kube: Client, ready: Callable[[Deployment], bool]) -> Deployment:
    deadline = time.monotonic() + 10
    while True:
        found = kube.get(Deployment, SIDECAR)
        if ready(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def is_rolled_out(found: Deployment) -> bool:
    assert found.metadata
    assert found.status
    return (
        found.status.observedGeneration == found.metadata.generation
        and found.status.updatedReplicas == found.status.availableReplicas == 1
    )


def set_mode(kube: Client, mode: str) -> None:
    patch = patch_of([{"name": "OPA_PROXY_MODE", "value": mode}])
    kube.patch(Deployment, SIDECAR, patch, patch_type=PatchType.STRATEGIC)
    wait_for(kube, is_rolled_out)


def environment_of(found: Deployment) -> dict[str, str | None]:
    assert found.spec
    assert found.spec.template.spec
    return {one.name: one.value for one in found.spec.template.spec.containers[0].env or ()}


def test_each_agent_and_sidecar_is_a_deployment(own_demo: Demo, kube: Client) -> None:
    for name in own_demo.agents:
        for deployment in (name, f"{name}-sidecar"):
            found = kube.get(Deployment, deployment)
            assert is_rolled_out(found)
            assert found.metadata
            assert (found.metadata.name, found.metadata.namespace) == (deployment, "demo")


def test_a_patch_restarts_the_sidecar_with_the_new_environment(
    own_demo: Demo, kube: Client, http: httpx.Client
) -> None:
    urls = own_demo.agents["fitness-tracker"]
    set_mode(kube, "track")
    assert http.post(urls.proxy_url + "/chat", json={"message": "hi"}).status_code == 200
    assert http.get(urls.control_url + "/audit").json()
    before = kube.get(Deployment, SIDECAR).metadata
    assert before

    set_mode(kube, "enforce")
    after = kube.get(Deployment, SIDECAR)
    assert after.metadata
    assert after.metadata.generation == (before.generation or 0) + 1
    assert int(after.metadata.resourceVersion or 0) > int(before.resourceVersion or 0)
    assert after.metadata.uid == before.uid
    assert http.get(urls.control_url + "/audit").json() == []
    assert http.post(urls.proxy_url + "/chat", json={"message": "hi"}).status_code == 403

    set_mode(kube, "track")
    assert http.post(urls.proxy_url + "/chat", json={"message": "hi"}).status_code == 200


def test_a_rollout_is_not_done_before_it_is(own_demo: Demo, kube: Client) -> None:
    set_mode(kube, "track")
    patch = patch_of([{"name": "OPA_PROXY_MODE", "value": "off"}])
    answer = kube.patch(Deployment, SIDECAR, patch, patch_type=PatchType.STRATEGIC)
    assert not is_rolled_out(answer)
    assert answer.status
    assert answer.status.availableReplicas is None
    wait_for(kube, is_rolled_out)
    ready = httpx.get(own_demo.agents["fitness-tracker"].control_url + "/health/ready").json()
    assert ready["checks"][-1]["mode"] == "off"


def test_a_patch_that_changes_nothing_restarts_nothing(kube: Client) -> None:
    set_mode(kube, "track")
    before = kube.get(Deployment, SIDECAR)
    set_mode(kube, "track")
    assert kube.get(Deployment, SIDECAR) == before


def test_variables_are_added_beside_others_and_deleted_by_directive(kube: Client) -> None:
    set_mode(kube, "track")
    add = patch_of([{"name": "EXTRA", "value": "1"}])
    found = kube.patch(Deployment, SIDECAR, add, patch_type=PatchType.STRATEGIC)
    assert environment_of(found) == {"OPA_PROXY_MODE": "track", "EXTRA": "1"}
    drop = patch_of([{"name": "EXTRA", "$patch": "delete"}])
    found = kube.patch(Deployment, SIDECAR, drop, patch_type=PatchType.STRATEGIC)
    assert environment_of(found) == {"OPA_PROXY_MODE": "track"}
    wait_for(kube, is_rolled_out)


def test_an_annotation_of_the_template_restarts_too(kube: Client) -> None:
    before = kube.get(Deployment, SIDECAR).metadata
    annotations = {"kubectl.kubernetes.io/restartedAt": str(time.time())}
    patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    kube.patch(Deployment, SIDECAR, patch, patch_type=PatchType.STRATEGIC)
    after = wait_for(kube, is_rolled_out).metadata
    assert before
    assert after
    assert after.generation == (before.generation or 0) + 1


def test_an_environment_that_makes_no_sense_is_an_unavailable_deployment(
    own_demo: Demo, kube: Client, http: httpx.Client
) -> None:
    patch = patch_of([{"name": "OPA_PROXY_MODE", "value": "bogus"}])
    kube.patch(Deployment, SIDECAR, patch, patch_type=PatchType.STRATEGIC)

    def says_why(found: Deployment) -> bool:
        assert found.status
        conditions = found.status.conditions or []
        return conditions[0].message == "OPA_PROXY_MODE is 'bogus': use track, enforce or off"

    found = wait_for(kube, says_why)
    assert found.status
    assert found.status.availableReplicas is None
    with pytest.raises(httpx.ConnectError):
        http.get(own_demo.agents["fitness-tracker"].control_url + "/health/live")
    set_mode(kube, "track")
    assert http.get(own_demo.agents["fitness-tracker"].control_url + "/health/live").is_success


def test_an_unknown_deployment_is_a_kubernetes_404(kube: Client) -> None:
    with pytest.raises(ApiError) as caught:
        kube.get(Deployment, "nobody")
    assert caught.value.status.code == 404
    assert caught.value.status.reason == "NotFound"
    assert caught.value.status.message == 'deployments.apps "nobody" not found'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (patch_of([{"name": "A", "value": "1"}], container="other"), 422),
        (patch_of([{"value": "1"}]), 422),
        (patch_of([{"name": "A", "value": 5}]), 422),
        (patch_of([{"name": "A", "$patch": "replace"}]), 422),
        (patch_of([{"name": "A", "valueFrom": {}}]), 422),
        ({"spec": {"replicas": 2}}, 422),
        ({"spec": []}, 422),
        ({"spec": {"template": {"spec": {"containers": {}}}}}, 422),
        ({"status": {"replicas": 7}}, 422),
    ],
)
def test_a_patch_that_is_not_understood_is_refused(
    kube: Client, body: dict[str, Any], code: int
) -> None:
    before = kube.get(Deployment, SIDECAR)
    with pytest.raises(ApiError) as caught:
        kube.patch(Deployment, SIDECAR, body, patch_type=PatchType.STRATEGIC)
    assert (caught.value.status.code, caught.value.status.reason) == (code, "Invalid")
    assert kube.get(Deployment, SIDECAR) == before


def test_other_kinds_of_patch_and_broken_bodies_are_refused(
    own_demo: Demo, http: httpx.Client
) -> None:
    url = f"{own_demo.kube_server}/apis/apps/v1/namespaces/demo/deployments/{SIDECAR}"
    strategic = {"content-type": "application/strategic-merge-patch+json"}
    assert http.patch(url, json={}).status_code == 415
    broken = http.patch(url, content=b"[" * 9000, headers=strategic)
    assert (broken.status_code, broken.json()["kind"]) == (400, "Status")
    deleted = http.delete(url)
    assert (deleted.status_code, deleted.json()["reason"]) == (405, "MethodNotAllowed")
