"""What pytest-elk-reporter's options mean here."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest

from agentrig._secrets import Secrets
from agentrig.errors import UsageError
from agentrig.pytest_plugin._elk_settings import elk_settings


def options(**more: Any) -> Any:
    given = {
        "es_username": None,
        "es_password": None,
        "es_api_key": None,
        "es_index_name": "test_data",
        "es_timeout": "10",
    }
    return SimpleNamespace(**{**given, **more})


@pytest.fixture(autouse=True)
def _no_access(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"AGENTRIG_SEARCH_{name}", raising=False)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("search:9200", "http://search:9200"),
        ("https://search", "https://search"),
        ("${ES_HOST}:9200", "http://elsewhere:9200"),
    ],
)
def test_an_address_is_a_url(address: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ES_HOST", "elsewhere")
    settings = elk_settings(options(), address=address, secrets=Secrets())
    assert (settings.url, settings.index, settings.timeout_s) == (url, "test_data", 10.0)
    assert settings.place("2026-11-21") == "test_data"


def test_a_password_expands_and_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ES_PASSWORD", "hunter2hunter2")
    secrets = Secrets()
    given = options(es_username="pytest_reporter", es_password="${ES_PASSWORD}")
    settings = elk_settings(given, address="search:9200", secrets=secrets)
    basic = base64.b64encode(b"pytest_reporter:hunter2hunter2").decode()
    assert settings.authorization == f"Basic {basic}"
    assert "hunter2hunter2" in settings.credentials
    assert "hunter2" not in secrets.hide("it is hunter2hunter2")


def test_an_api_key_is_an_access() -> None:
    given = options(es_api_key="abcdef==")
    settings = elk_settings(given, address="search:9200", secrets=Secrets())
    assert settings.authorization == "ApiKey abcdef=="


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"es_username": "me", "es_password": "${NOT_THERE}"},
            "es_password: there is no 'NOT_THERE' in --secrets, nor in the environment",
        ),
        (
            {"es_index_name": "${NOT_THERE}"},
            "es_index_name: there is no 'NOT_THERE' in the environment",
        ),
        ({"es_timeout": "soon"}, "es_timeout: 'soon' is no number of seconds, such as 10"),
        ({"es_timeout": "nan"}, "es_timeout: 'nan' is no number of seconds, such as 10"),
        ({"es_index_name": "Upper Case"}, "'Upper Case' cannot be the name of an index"),
        ({"es_username": "me"}, "the user 'me' has no password"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        elk_settings(options(**given), address="search:9200", secrets=Secrets())
    assert message in str(raised.value)
