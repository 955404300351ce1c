from __future__ import annotations

import hashlib
import json
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route

from agentrig.demo import playground_serving
from agentrig.demo.playground import playground_app
from agentrig.demo.playground_answers import CATALOG
from agentrig.demo.playground_kept import MOST_KEPT, Kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.demo.playground_serving import PlaygroundUrls

SERVER_TLS = Path(playground_serving.__file__).parent / "tls"
CLIENT_TLS = Path(__file__).resolve().parents[3] / "scenarios" / "examples" / "tls"


@pytest.fixture
def fresh(playground_urls: PlaygroundUrls) -> Iterator[httpx.Client]:
    """Give a client of its own cookies."""
    with httpx.Client(base_url=playground_urls.url, trust_env=False) as client:
        yield client


def test_its_root_lists_all_that_it_serves(playground: httpx.Client) -> None:
    told = str(playground.get("/").json()["serves"])
    for route in playground_app().routes:
        assert isinstance(route, Route)
        first = route.path.split("/")[1].partition("{")[0]
        assert not first or f"/{first}" in told or first == "health"


def test_an_unknown_path_and_method_are_refused_as_everywhere(playground: httpx.Client) -> None:
    assert playground.get("/nothing").json()["error"] == "NotFound"
    assert playground.put("/catalog").status_code == 405


def test_echo_tells_method_path_query_headers_and_cookies(playground: httpx.Client) -> None:
    answer = playground.request(
        "PATCH",
        "/echo/a%20b/c?q=1&q=2&empty=",
        headers=[("x-one", "1"), ("x-one", "2"), ("Cookie", "a=b")],
    ).json()
    assert (answer["method"], answer["path"]) == ("PATCH", "/echo/a b/c")
    assert answer["query"] == {"q": ["1", "2"], "empty": [""]}
    assert answer["headers"]["x-one"] == "1, 2"
    assert answer["cookies"] == {"a": "b"}
    assert answer["json"] is answer["form"] is answer["parts"] is None


def test_echo_reads_json(playground: httpx.Client) -> None:
    answer = playground.post("/echo", json={"a": [1, None]}).json()
    assert answer["json"] == {"a": [1, None]}
    assert answer["body"]["text"] == '{"a":[1,null]}'


def test_echo_tells_size_and_hash_of_bytes(playground: httpx.Client) -> None:
    body = bytes(range(256))
    told = playground.post("/echo", content=body).json()["body"]
    assert told == {"bytes": 256, "sha256": hashlib.sha256(body).hexdigest(), "text": None}


def test_echo_reads_a_form(playground: httpx.Client) -> None:
    answer = playground.post("/echo", data={"a": ["1", "2"], "b": "ü &"}).json()
    assert answer["form"] == {"a": ["1", "2"], "b": ["ü &"]}
    assert answer["parts"] is None


def test_echo_reads_the_parts_of_a_form(playground: httpx.Client) -> None:
    files = {"upload": ("a.bin", b"\xff\x00", "application/x-thing")}
    answer = playground.post("/echo", data={"note": "hello"}, files=files).json()
    assert answer["parts"] == [
        {"name": "note", "filename": None, "content_type": None, "text": "hello"},
        {
            "name": "upload",
            "filename": "a.bin",
            "content_type": "application/x-thing",
            "bytes": 2,
            "sha256": hashlib.sha256(b"\xff\x00").hexdigest(),
            "text": None,
        },
    ]


def test_echo_refuses_parts_that_are_none(playground: httpx.Client) -> None:
    response = playground.post(
        "/echo", content=b"no parts", headers={"content-type": "multipart/form-data"}
    )
    assert (response.status_code, response.json()["error"]) == (400, "BadRequest")


@pytest.mark.parametrize("code", [200, 204, 304, 404, 418, 503])
def test_status_answers_that_status(playground: httpx.Client, code: int) -> None:
    response = playground.post(f"/status/{code}")
    assert response.status_code == code
    assert response.content == b"" if code in {204, 304} else response.json() == {"status": code}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["polls", "token_lives_s", "model", "messages", "tools", "stop", "n", "tool_choice", "stream"]
)
BODIES = st.dictionaries(KEYS, JSON).map(json.dumps) | st.dictionaries(KEYS, JSON).map(
    lambda body: json.dumps({"model": "playground-small", **body})
)
PATHS = ["/echo", "/items", "/jobs", "/accounts", "/v1/chat/completions"]


@given(BODIES, st.sampled_from(PATHS))
def test_no_body_breaks_it(playground: httpx.Client, body: str, path: str) -> None:
    assert playground.post(path, content=body.encode()).status_code < 500


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    ['{"a": 1e999}', '{"a": NaN}', '{"a": "\\ud800"}', "[" * 5000, '{"a":' * 330 + "1" + "}" * 330],
    ids=["infinite", "no number", "half a pair", "lists", "objects"],
)
def test_no_trick_breaks_it(playground: httpx.Client, body: str, path: str) -> None:
    assert playground.post(path, content=body.encode()).status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/large/" + "9" * 5000,
        "/status/%C2%B2",
        "/events?event=%0D%0Aid:%20x",
        "/cookies/set?name=a&value=%E2%82%AC%0D%0A",
        "/echo?q=%ED%A0%80&%00=1",
        "/items/%ED%A0%80",
        "/exclusive/%0A?ms=0",
    ],
)
def test_no_address_breaks_it(playground: httpx.Client, path: str) -> None:
    assert playground.get(path).status_code < 500


def test_no_form_breaks_the_token_endpoint(playground: httpx.Client) -> None:
    assert playground.post("/oauth/token", content=b"client_id=\xff&=&&").status_code == 401


@pytest.mark.parametrize(
    "path", ["/status/99", "/status/600", "/delay/99999999", "/large/9999999999"]
)
def test_a_number_out_of_bounds_is_refused(playground: httpx.Client, path: str) -> None:
    assert playground.get(path).status_code == 400


def test_delay_waits(playground: httpx.Client) -> None:
    response = playground.get("/delay/30")
    assert response.json() == {"delayed_ms": 30}
    assert response.elapsed.total_seconds() >= 0.03


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_bodies_are_compressed(playground: httpx.Client, coding: str) -> None:
    response = playground.get(f"/compressed/{coding}")
    assert response.headers["content-encoding"] == coding
    assert response.json() == {"compressed": coding, "catalog": CATALOG}
    assert playground.get("/compressed/rot13").status_code == 400


def test_the_catalog_has_one_of_each_type(playground: httpx.Client) -> None:
    catalog = playground.get("/catalog").json()
    assert catalog == CATALOG
    assert {type(value) for value in catalog.values()} >= {str, list, dict, type(None)}


def test_a_large_body_has_the_size_that_was_asked_for(playground: httpx.Client) -> None:
    response = playground.get("/large/3000001")
    assert len(response.content) == int(response.headers["content-length"]) == 3_000_001
    assert response.content.startswith(b"0123456789abcdef0123")


def test_redirects_lead_on_and_end(playground: httpx.Client) -> None:
    response = playground.get("/redirect/3", follow_redirects=True)
    assert [one.url.path for one in response.history] == [
        "/redirect/3",
        "/redirect/2",
        "/redirect/1",
    ]
    assert response.json()["path"] == "/echo"


def test_a_redirect_leads_to_a_path_with_a_status(playground: httpx.Client) -> None:
    response = playground.get("/redirect-to?path=/catalog&status=307")
    assert (response.status_code, response.headers["location"]) == (307, "/catalog")
    for bad in ("path=//elsewhere", "path=/\\elsewhere", "path=http://elsewhere", "status=300"):
        assert playground.get(f"/redirect-to?{bad}").status_code == 400


def test_a_redirect_loop_never_ends(playground: httpx.Client) -> None:
    with pytest.raises(httpx.TooManyRedirects):
        playground.get("/redirect-loop", follow_redirects=True)


def test_cookies_are_set_read_and_expire(fresh: httpx.Client) -> None:
    assert fresh.get("/cookies/set?name=session&value=abc").json() == {"set": "session"}
    fresh.get("/cookies/set?name=deep&value=1&path=/echo&max_age=60")
    assert fresh.get("/cookies").json() == {"cookies": {"session": "abc"}}
    assert fresh.get("/echo").json()["cookies"] == {"session": "abc", "deep": "1"}
    fresh.get("/cookies/expire?name=session")
    assert fresh.get("/cookies").json() == {"cookies": {}}


@pytest.mark.parametrize("query", ["", "name=a%20b", "name=a&max_age=-1", "name=a&max_age=x"])
def test_a_cookie_that_none_can_be_is_refused(playground: httpx.Client, query: str) -> None:
    assert playground.get(f"/cookies/set?{query}").status_code == 400


def test_a_job_is_done_after_as_many_looks_as_were_asked_for(playground: httpx.Client) -> None:
    made = playground.post("/jobs", json={"polls": 2})
    assert made.status_code == 202
    states = [playground.get(made.headers["location"]).json()["state"] for _ in range(4)]
    assert states == ["running", "running", "done", "done"]
    assert playground.get("/jobs/none").status_code == 404
    assert playground.post("/jobs", json={"polls": True}).status_code == 400


def test_flaky_fails_and_then_answers_and_begins_again(playground: httpx.Client) -> None:
    def statuses(key: str) -> list[int]:
        return [playground.get(f"/flaky/{key}?failures=2").status_code for _ in range(6)]

    assert statuses("one") == [503, 503, 200, 503, 503, 200]
    assert playground.get("/flaky/other?failures=0").json() == {"key": "other", "failures": 0}
    assert playground.get("/flaky/other?failures=x").status_code == 400


def test_items_are_created_found_and_deleted(playground: httpx.Client) -> None:
    made = [
        playground.post("/items", json={"owner": "ann", "n": n, "id": "mine"}) for n in range(2)
    ]
    assert [one.status_code for one in made] == [201, 201]
    items = [one.json() for one in made]
    assert items[0]["id"] != items[1]["id"]
    assert playground.get("/items?owner=ann").json() == items
    assert playground.get("/items?owner=ann&n=1").json() == items[1:]
    assert playground.get("/items?owner=bob").json() == []
    where = made[0].headers["location"]
    assert playground.get(where).json() == items[0]
    assert [playground.delete(where).status_code for _ in range(2)] == [204, 404]
    assert playground.get(where).status_code == 404


def test_exclusive_refuses_the_second_of_two_at_once(playground: httpx.Client) -> None:
    first: list[int] = []
    url = "/exclusive/door?ms=1000"
    thread = threading.Thread(target=lambda: first.append(playground.get(url).status_code))
    thread.start()
    seen = 0
    while thread.is_alive():
        seen = max(seen, playground.get("/exclusive/door?ms=0").status_code)
        if seen == 409:
            break
    assert playground.get("/exclusive/other?ms=0").status_code == 200
    thread.join()
    assert (first, seen) in (([200], 409), ([409], 200))
    assert playground.get("/exclusive/door?ms=0").status_code == 200


def account(client: httpx.Client, **more: Any) -> tuple[str, str]:
    made = client.post("/accounts", json=more).json()
    return made["user"], made["password"]


def test_basic_wants_the_accounts_own_password(playground: httpx.Client) -> None:
    user, password = account(playground)
    assert playground.get("/basic", auth=(user, password)).json() == {"user": user, "by": "basic"}
    for auth in ((user, "wrong"), ("nobody", password), None):
        response = playground.get("/basic", auth=auth)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Basic ")
    assert playground.get("/basic", headers={"authorization": "Basic ="}).status_code == 401


def test_a_token_is_issued_counted_and_good(playground: httpx.Client) -> None:
    user, password = account(playground)
    form = {"grant_type": "client_credentials", "scope": "read"}
    by_header = playground.post("/oauth/token", data=form, auth=(user, password)).json()
    by_form = playground.post(
        "/oauth/token", data={**form, "client_id": user, "client_secret": password}
    ).json()
    assert by_header.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert by_header["access_token"] != by_form["access_token"]
    for token in (by_header, by_form):
        authorization = f"{token['token_type']} {token['access_token']}"
        answer = playground.get("/bearer", headers={"authorization": authorization})
        assert answer.json() == {"user": user, "by": "bearer", "scope": "read"}
    assert playground.get(f"/accounts/{user}").json() == {"user": user, "tokens_issued": 2}
    assert playground.get("/accounts/nobody").status_code == 404


def test_a_token_that_is_none_or_too_old_is_refused(playground: httpx.Client) -> None:
    auth = account(playground, token_lives_s=0)
    form = {"grant_type": "client_credentials"}
    old = playground.post("/oauth/token", data=form, auth=auth).json()["access_token"]
    for token in (old, "none"):
        response = playground.get("/bearer", headers={"authorization": f"Bearer {token}"})
        assert response.status_code == 401
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert "error" not in playground.get("/bearer").headers["www-authenticate"]
    assert playground.post("/accounts", json={"token_lives_s": -1}).status_code == 400


def test_the_token_endpoint_refuses_in_oauths_words(playground: httpx.Client) -> None:
    auth = account(playground)

    def refusal(form: dict[str, str], auth: tuple[str, str] = ("", "")) -> tuple[int, str]:
        response = playground.post("/oauth/token", data=form, auth=auth)
        return response.status_code, response.json()["error"]

    good = {"grant_type": "client_credentials"}
    assert refusal(good) == (401, "invalid_client")
    assert refusal(good, (auth[0], "wrong")) == (401, "invalid_client")
    assert refusal({}, auth) == (400, "invalid_request")
    assert refusal({"grant_type": "password"}, auth) == (400, "unsupported_grant_type")


def test_events_are_counted_and_named(playground: httpx.Client) -> None:
    response = playground.get("/events?count=2&event=tick")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text == (
        'id: 1\nevent: tick\ndata: {"n": 1}\n\nid: 2\nevent: tick\ndata: {"n": 2}\n\n'
    )
    assert playground.post("/events?count=0").text == ""


def test_events_come_one_after_the_other(playground: httpx.Client) -> None:
    assert playground.get("/events?count=3&every_ms=20").elapsed.total_seconds() >= 0.04


def test_the_story_has_all_that_the_format_knows(playground: httpx.Client) -> None:
    text = playground.get("/events/story").text
    assert "data: Monday: rest\ndata: Tuesday: run\n" in text
    assert not text.endswith("\n\n")


@pytest.mark.parametrize(
    ("path", "first"),
    [("/events/endless?every_ms=0", "id: 1"), ("/events/silent?count=0", ": nothing new")],
)
def test_a_stream_without_end_goes_on_until_nobody_listens(
    playground: httpx.Client, path: str, first: str
) -> None:
    with playground.stream("GET", path) as response:
        lines = response.iter_lines()
        assert next(lines) == first
        for _ in range(5):
            next(lines)
    assert playground.get("/health/live").status_code == 200


def test_tls_is_spoken_to_those_who_know_the_authority(playground_urls: PlaygroundUrls) -> None:
    context = ssl.create_default_context(cafile=CLIENT_TLS / "ca.pem")
    url = playground_urls.tls_url + "/catalog"
    assert httpx.get(url, verify=context, trust_env=False).json() == CATALOG
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(url, trust_env=False)


def test_a_client_shows_its_certificate_where_it_must(playground_urls: PlaygroundUrls) -> None:
    context = ssl.create_default_context(cafile=CLIENT_TLS / "ca.pem")
    url = playground_urls.client_tls_url + "/catalog"
    with pytest.raises(httpx.HTTPError):
        httpx.get(url, verify=context, trust_env=False)
    context.load_cert_chain(CLIENT_TLS / "client.pem", CLIENT_TLS / "client-key.pem")
    assert httpx.get(url, verify=context, trust_env=False).json() == CATALOG


def test_the_certificates_are_of_one_authority_and_last() -> None:
    assert (SERVER_TLS / "ca.pem").read_bytes() == (CLIENT_TLS / "ca.pem").read_bytes()
    for file in (SERVER_TLS / "server.pem", CLIENT_TLS / "client.pem", CLIENT_TLS / "ca.pem"):
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        assert certificate.not_valid_after_utc.year > 2100


def test_memory_is_bounded() -> None:
    kept: Kept[int] = Kept()
    for number in range(MOST_KEPT + 2):
        kept[str(number)] = number
    kept["5"] = 0
    assert len(kept) == MOST_KEPT
    assert next(iter(kept)) == "2"
