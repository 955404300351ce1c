"""`agentrig report dashboards`, against an API that is as strict as the products'."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Literal

import pytest

from agentrig.search.dashboards import saved_objects
from tests.support.dashboards_api import dashboards_api
from tests.support.scripted_server import answer, scripted_server

if TYPE_CHECKING:
    from tests.support.rig import Rig

Product = Literal["kibana", "opensearch"]
COUNT = len(saved_objects("agentrig"))


@pytest.fixture(autouse=True)
def _no_access(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"AGENTRIG_SEARCH_{name}", raising=False)


@pytest.mark.parametrize("product", ["kibana", "opensearch"])
def test_all_objects_are_installed(rig: Rig, product: Product) -> None:
    with dashboards_api(product) as api:
        ran = rig.here("report", "dashboards", "install", "--url", api.url)
    assert ran.code == 0, ran.said
    assert ran.out == f"installed {COUNT} of {COUNT} objects at {api.url}\n"
    assert len(api.objects) == COUNT
    assert ("default", "dashboard", "agentrig-dashboard") in api.objects


@pytest.mark.parametrize("product", ["kibana", "opensearch"])
def test_what_is_there_stays_unless_it_is_to_be_replaced(rig: Rig, product: Product) -> None:
    with dashboards_api(product) as api:
        rig.here("report", "dashboards", "install", "--url", api.url)
        chart = ("default", "visualization", "agentrig-outcomes")
        api.objects[chart]["attributes"]["title"] = "changed by hand"
        del api.objects["default", "search", "agentrig-failures"]
        again = rig.here("report", "dashboards", "install", "--url", api.url)
        kept = api.objects[chart]["attributes"]["title"]
        replaced = rig.here("report", "dashboards", "install", "--url", api.url, "--overwrite")
    assert again.code == 0, again.said
    assert f"installed 1 of {COUNT} objects" in again.out
    assert f"{COUNT - 1} were there already and are as they were" in again.out
    assert kept == "changed by hand"
    assert replaced.out == f"installed {COUNT} of {COUNT} objects at {api.url}\n"
    assert api.objects[chart]["attributes"]["title"] == "[agentrig] Outcomes"


@pytest.mark.parametrize(("product", "option"), [("kibana", "--space"), ("opensearch", "--tenant")])
def test_a_space_or_a_tenant_gets_them(rig: Rig, product: Product, option: str) -> None:
    with dashboards_api(product, base="/base") as api:
        ran = rig.here("report", "dashboards", "install", "--url", api.url, option, "agents")
    assert ran.code == 0, ran.said
    assert {where for where, _, _ in api.objects} == {"agents"}


def test_a_space_and_a_tenant_are_of_two_products(rig: Rig) -> None:
    args = ("--url", "http://127.0.0.1:9", "--space", "a", "--tenant", "b")
    ran = rig.here("report", "dashboards", "install", *args)
    assert ran.code == 4
    assert "give one of them" in ran.err


def test_the_access_comes_from_the_environment(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = "Basic " + base64.b64encode(b"elastic:hunter2hunter2").decode()
    with dashboards_api("kibana", authorization=wanted) as api:
        refused = rig.here("report", "dashboards", "install", "--url", api.url)
        monkeypatch.setenv("AGENTRIG_SEARCH_USERNAME", "elastic")
        monkeypatch.setenv("AGENTRIG_SEARCH_PASSWORD", "hunter2hunter2")
        taken = rig.here("report", "dashboards", "install", "--url", api.url)
    assert refused.code == 3
    assert f"{api.url} answers with 401: Refused: Unauthorized" in refused.err
    assert taken.code == 0, taken.said
    assert "hunter2" not in taken.said


def test_an_api_key_is_an_access_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTRIG_SEARCH_API_KEY", "bm9ib2R5Om5vdGhpbmc=")
    with dashboards_api("kibana", authorization="ApiKey bm9ib2R5Om5vdGhpbmc=") as api:
        ran = rig.here("report", "dashboards", "install", "--url", api.url)
    assert ran.code == 0, ran.said


def test_an_object_that_is_refused_is_named(rig: Rig) -> None:
    with dashboards_api("kibana") as api:
        api.refuses["agentrig-scores"] = "no\x1b[31m room"
        ran = rig.here("report", "dashboards", "install", "--url", api.url)
    assert ran.code == 3
    assert f"{api.url} does not take the dashboard: " in ran.err
    assert "visualization 'agentrig-scores': unknown: no [31m room" in ran.err
    assert api.objects == {}


def test_where_nobody_listens_it_says_so(rig: Rig) -> None:
    ran = rig.here("report", "dashboards", "install", "--url", "http://127.0.0.1:9")
    assert ran.code == 3
    assert "cannot reach http://127.0.0.1:9" in ran.err


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"successCount": "all"}', b"<html>"])
def test_what_answers_like_neither_product_is_told(rig: Rig, body: bytes) -> None:
    with scripted_server() as server:
        server.answers["/api/saved_objects/_import"] = answer(body=body)
        ran = rig.here("report", "dashboards", "install", "--url", server.url)
    assert ran.code == 3
    assert server.url in ran.err


def test_other_indices_have_objects_of_their_own(rig: Rig) -> None:
    with dashboards_api("opensearch") as api:
        for index in ("agentrig", "nightly"):
            rig.here("report", "dashboards", "install", "--url", api.url, "--index", index)
    titles = {
        one["attributes"]["title"]
        for (_, kind, _), one in api.objects.items()
        if kind == "index-pattern"
    }
    assert titles == {"agentrig-20*,agentrig", "nightly-20*,nightly"}
    assert len(api.objects) == 2 * COUNT


def exported(rig: Rig, *args: str) -> list[dict[str, Any]]:
    ran = rig.agentrig("report", "dashboards", "export", *args)
    assert ran.code == 0, ran.said
    return [json.loads(line) for line in ran.out.splitlines()]


def test_the_export_is_what_would_be_installed(rig: Rig) -> None:
    assert exported(rig) == saved_objects("agentrig")
    assert exported(rig, "--index", "nightly") == saved_objects("nightly")
