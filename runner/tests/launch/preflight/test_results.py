"""What a preflight finds of where results are to go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.golden import check_golden
from tests.support.kube_api import status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.launch.preflight.conftest import World

IMAGE = {"repository": "registry.example.com/qa/agentrig", "tag": "1.0"}
PLAIN: dict[str, Any] = {"image": IMAGE, "run": {"namespace": "demo"}}
SHARDED = {"mode": "sharded", "shards": {"count": 4}}
CLAIM = "/api/v1/namespaces/qa/persistentvolumeclaims/rel-agentrig-results"


def results(**values: Any) -> dict[str, Any]:
    return {**PLAIN, "results": values}


def test_everything_that_results_lack_is_named_at_once(
    world: World, request: pytest.FixtureRequest
) -> None:
    world.core("secrets", "search", data={"apikey": "eA=="})
    world.core("configmaps", "authorities", data={"bundle.pem": "x"})
    world.service("s3", ports={"http": 9000})
    values = results(
        store={
            "url": "s3://results/agents",
            "endpoint": "https://s3.demo.svc.cluster.local:7070",
            "credentialsSecret": {"name": "s3-results"},
            "ca": {"configMap": "authorities"},
        },
        search={
            "url": "http://opensearch.logging.svc.cluster.local:9200",
            "apiKeySecret": {"name": "search"},
            "requireDelivery": True,
        },
        webhook={
            "urlSecret": {"name": "webhook"},
            "templateConfigMap": {"name": "messages", "key": "slack"},
        },
    )
    folder: Path = request.path.parent / "golden"
    check_golden(folder / "everything_that_results_lack.txt", world.said(values))


def test_where_results_go_is_there(world: World) -> None:
    world.service("search", ports={"http": 9200})
    world.service("s3", ports={"http": 7070})
    world.core("secrets", "s3", data={"AWS_ACCESS_KEY_ID": "eA==", "AWS_SECRET_ACCESS_KEY": "eA=="})
    found = world.check(
        results(
            store={
                "url": "s3://results",
                "endpoint": "http://s3.demo.svc:7070",
                "credentialsSecret": {"name": "s3"},
            },
            search={"url": "http://search.demo.svc:9200"},
        )
    )
    assert (found.missing, found.doubted) == ((), ())


def test_a_run_can_do_without_a_search_server_that_is_away(world: World) -> None:
    world.service("search", ready=None, ports={"http": 9200})
    search = {"url": "http://search.demo.svc:9200"}
    found = world.check(results(search=search))
    assert found.missing == ()
    (doubt,) = found.doubted
    assert doubt.startswith(
        "service 'search' in namespace demo has no ready endpoint for port 9200 "
        "(results.search.url): look at the pods behind it"
    )
    (missing,) = world.check(results(search={**search, "requireDelivery": True})).missing
    assert missing.what.startswith("service 'search' in namespace demo has no ready endpoint")


def test_a_claim_that_is_not_there_is_told(world: World) -> None:
    world.core("persistentvolumeclaims", "results", spec={"accessModes": ["ReadWriteOnce"]})
    (missing,) = world.check(results(persistence={"existingClaim": "result"})).missing
    assert missing.what == (
        "persistentvolumeclaim 'result' does not exist in namespace qa: did you mean 'results'?"
    )


@pytest.mark.parametrize(
    ("modes", "shards", "said"),
    [
        (["ReadWriteOnce"], {}, ""),
        (["ReadWriteMany"], SHARDED, ""),
        (["ReadWriteOnce", "ReadWriteMany"], SHARDED, ""),
        (["ReadWriteOncePod"], {"mode": "sharded", "shards": {"count": 4, "parallelism": 1}}, ""),
        (
            ["ReadWriteOnce"],
            SHARDED,
            "note: claim 'results' in namespace qa is ReadWriteOnce: of 4",
        ),
        (["ReadWriteOncePod"], SHARDED, "is ReadWriteOncePod, and 4 shards would need it at once"),
        (["ReadOnlyMany"], {}, "cannot be written (ReadOnlyMany), and results go there"),
    ],
)
def test_a_claim_must_do_for_all_pods(
    world: World, modes: list[str], shards: dict[str, Any], said: str
) -> None:
    world.core("persistentvolumeclaims", "results", spec={"accessModes": modes})
    told = world.said({**results(persistence={"existingClaim": "results"}), **shards})
    assert said in told
    assert bool(said) is bool(told)


def test_a_claim_of_the_release_needs_a_storage_class(world: World) -> None:
    made = results(persistence={"create": True})
    (missing,) = world.check(made).missing
    assert missing.what.startswith("no StorageClass is the cluster's default, so the claim")
    world.storage_class("fast")
    assert world.check(made).missing == (missing,)
    named = results(persistence={"create": True, "storageClassName": "fats"})
    (missing,) = world.check(named).missing
    assert missing.what == "storageclass 'fats' does not exist: did you mean 'fast'?"
    world.storage_class("standard", is_default=True)
    assert world.check(made).missing == ()


@pytest.mark.parametrize(
    ("keep", "said"), [(True, "stays behind with its results"), (False, "goes with it")]
)
def test_a_claim_of_one_release_is_doubted(world: World, keep: bool, said: str) -> None:  # noqa: FBT001  # parametrized
    world.storage_class("standard", is_default=True)
    (doubt,) = world.check(results(persistence={"create": True, "keep": keep})).doubted
    assert said in doubt
    assert "results.persistence.existingClaim" in doubt


def test_a_claim_that_an_earlier_release_left_is_taken_up_again(world: World) -> None:
    world.storage_class("standard", is_default=True)
    world.refused["persistentvolumeclaims"] = 409, status(409, "AlreadyExists", "exists")
    left = {"meta.helm.sh/release-name": "rel", "meta.helm.sh/release-namespace": "qa"}
    made = results(persistence={"create": True})
    world.api.put(CLAIM, metadata={"annotations": left})
    assert world.check(made).missing == ()
    world.api.put(CLAIM, metadata={"annotations": {**left, "meta.helm.sh/release-name": "other"}})
    (missing,) = world.check(made).missing
    assert missing.what.endswith("is in namespace qa already, and is not this release's")
