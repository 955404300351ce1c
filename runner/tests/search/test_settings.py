from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from agentrig._secrets import Secrets
from agentrig.errors import UsageError
from agentrig.search import SearchSettings, search_settings

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://search:9200"


def settings(url: str = URL, **more: Any) -> SearchSettings:
    return search_settings(url, secrets=Secrets(), **more)


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def test_indices_are_dated_or_a_data_stream_or_one() -> None:
    dated = settings(index="runs")
    assert dated.place("2026-11-21") == "runs-2026.11.21"
    assert (dated.pattern, dated.template) == ("runs-20*", "runs")
    stream = settings(index="runs", data_stream=True)
    assert (stream.place("2026-11-21"), stream.pattern) == ("runs", "runs")
    assert stream.template != dated.template
    one = settings(index="runs", dated=False)
    assert (one.place("2026-11-21"), one.pattern) == ("runs", "runs")


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://search:9200/", "https://search:9200"),
        ("https://u:p@search:9200/prefix/", "https://search:9200/prefix"),
        ("http://[::1]:9200", "http://[::1]:9200"),
    ],
)
def test_a_url_is_kept_without_what_is_secret(url: str, clean: str) -> None:
    assert settings(url).url == clean


@pytest.mark.parametrize(
    "url",
    [
        "",
        "search:9200",
        "ftp://search",
        "https://",
        "https://x:port",
        "https://x/?a=b",
        "https://[",
    ],
)
def test_what_is_no_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="write https://HOST:PORT") as caught:
        settings(url)
    assert url not in str(caught.value) or url in {"", "https://"}


@pytest.mark.parametrize("index", ["", "Runs", "-runs", "_x", ".x", "a b", "a/b", "a*", "x" * 231])
def test_what_is_no_name_of_an_index_is_refused(index: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of an index"):
        settings(index=index)


def test_credentials_come_from_the_arguments_the_url_or_the_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert settings().authorization is None
    monkeypatch.setenv("AGENTRIG_SEARCH_USERNAME", "env")
    monkeypatch.setenv("AGENTRIG_SEARCH_PASSWORD", "secret")
    assert settings().authorization == basic("env:secret")
    of_url = settings("https://u%40x:p%3Aq@search:9200")
    assert of_url.authorization == basic("u@x:p:q")
    assert settings(URL, username="a", password="b").authorization == basic("a:b")
    assert settings(URL, api_key="encoded").authorization == "ApiKey encoded"


def test_an_api_key_is_taken_as_it_was_made_or_as_its_two_parts(tmp_path: Path) -> None:
    (tmp_path / "AGENTRIG_SEARCH_API_KEY").write_text("id:key\n")
    found = search_settings(URL, secrets=Secrets(tmp_path))
    assert found.authorization == "ApiKey aWQ6a2V5"
    assert set(found.credentials) == {"id:key", "aWQ6a2V5"}


def test_credentials_do_not_show() -> None:
    found = settings("https://user:hunter22@search:9200")
    assert "hunter22" in found.credentials
    for text in (repr(found), str(found), found.url):
        assert "hunter22" not in text
        assert str(found.authorization).split()[1] not in text


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"API_KEY": "k", "USERNAME": "u"}, "keep one of them"),
        ({"USERNAME": "u"}, "'u' has no password: set AGENTRIG_SEARCH_PASSWORD"),
        ({"API_KEY": "two words"}, "AGENTRIG_SEARCH_API_KEY is no API key"),
        ({"API_KEY": "k\nEvil"}, "AGENTRIG_SEARCH_API_KEY is no API key"),
    ],
)
def test_credentials_that_cannot_be_used_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"AGENTRIG_SEARCH_{name}", value)
    with pytest.raises(UsageError, match=said) as caught:
        settings()
    assert "Evil" not in str(caught.value)


def test_an_authority_is_looked_at_before_the_run(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    trustme.CA().cert_pem.write_to_path(str(good))
    assert settings(ca=good).ca == good
    bad.write_text("no certificate")
    with pytest.raises(UsageError, match="no PEM file with a certificate"):
        settings(ca=bad)
    with pytest.raises(UsageError, match="cannot read the authority"):
        settings(ca=tmp_path / "none.pem")
