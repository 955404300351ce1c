"""Credentials reach no report, and what is no credential does."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrig._redact import REDACTED, cut, redact_headers, redact_text, redact_url

# A value that stands nowhere else, in characters that a URL may hold raw.
SECRETS = st.text(alphabet="Zz9@:!$'()*+,~-", min_size=1, max_size=8).map(lambda text: f"Z9{text}Z")
ANY_TEXT = st.text(alphabet="abc-_.", max_size=6)

SECRET_HEADERS = (
    *("Authorization", "Proxy-Authorization", "X-Forwarded-Authorization", "Cookie", "Set-Cookie"),
    *("X-API-Key", "api-key", "Ocp-Apim-Subscription-Key", "X-Functions-Key", "X-Access-Token"),
    *("X-Vault-Token", "PRIVATE-TOKEN", "x-amz-security-token", "X-CSRF-Token", "X-Auth-Key"),
    *("x-client-secret", "X-Password", "X-Session-Id", "X-Hub-Signature-256", "X-JWT-Assertion"),
)
PLAIN_HEADERS = (
    *("content-type", "x-request-id", "etag", "x-agentspec-tokens-used", "x-ratelimit-remaining"),
    *(
        "x-agentspec-tools-called",
        "x-tokenizer",
        "idempotency-key",
        "www-authenticate",
        "keep-alive",
    ),
)
SECRET_PARAMETERS = (
    *("token", "access_token", "id_token", "api_key", "apikey", "API-KEY", "key", "sig", "auth"),
    *("X-Amz-Signature", "X-Amz-Credential", "client_secret", "password", "passwd", "pwd", "jwt"),
    *("X-Amz-Security-Token", "session_id"),
)
PLAIN_PARAMETERS = ("q", "page", "keyword", "max_tokens", "monkey", "author", "sign", "tokens")


@given(
    headers=st.lists(
        st.tuples(st.sampled_from(SECRET_HEADERS + PLAIN_HEADERS), SECRETS), max_size=6
    ),
    upper=st.booleans(),
)
def test_headers_keep_their_order_and_lose_their_secrets(
    headers: list[tuple[str, str]], *, upper: bool
) -> None:
    given_ = [(name.upper() if upper else name, value) for name, value in headers]
    expected = [
        (name.lower(), REDACTED if name in SECRET_HEADERS else value) for name, value in headers
    ]
    assert list(redact_headers(given_)) == expected


@given(
    secret=SECRETS,
    user=st.sampled_from(["", "me", "me:"]),
    host=st.sampled_from(["agent", "127.0.0.1:4000", "[::1]:80", "a.b.svc.cluster.local"]),
    path=st.sampled_from(["", "/", "/a/b@c", "/token/9"]),
    query=st.lists(
        st.sampled_from([*SECRET_PARAMETERS, *PLAIN_PARAMETERS]), max_size=3, unique=True
    ),
    separator=st.sampled_from(["&", ";"]),
    mark=st.sampled_from(["?", "#", "?x=1#"]),
)
def test_urls_keep_their_shape_and_lose_their_secrets(
    *, secret: str, user: str, host: str, path: str, query: list[str], separator: str, mark: str
) -> None:
    plain = {name: f"plain{index}" for index, name in enumerate(query) if name in PLAIN_PARAMETERS}
    values = [f"{name}={plain.get(name, secret)}" for name in query]
    tail = path + (mark + separator.join(values) if values else "")
    authority = f"{user}{secret}@{host}"
    shown = redact_url(f"http://{authority}{tail}")
    assert secret not in shown
    assert shown.startswith(f"http://{REDACTED}@{host}{path}")
    for name, value in plain.items():
        assert f"{name}={value}" in shown
    for name in set(query) - set(plain):
        assert f"{name}={REDACTED}" in shown
    assert redact_url(shown) == shown


@given(text=st.text())
def test_what_holds_no_url_is_left_alone(text: str) -> None:
    plain = text.translate(dict.fromkeys(map(ord, "?&;#")))
    if "://" not in plain:
        assert redact_url(plain) == plain


def test_a_secret_with_spaces_is_hidden_whole() -> None:
    assert redact_url("/a?token=one two&q=x y") == f"/a?token={REDACTED}&q=x y"
    assert redact_url(f"/a?token={quote('one two')}") == f"/a?token={REDACTED}"


@given(text=st.text(max_size=50), limit=st.integers(0, 60))
def test_a_text_is_cut_to_its_limit(text: str, limit: int) -> None:
    shown = cut(text, limit)
    if len(text) <= limit:
        assert shown == text
    else:
        assert shown == f"{text[:limit]}… ({len(text) - limit} more characters)"


@pytest.mark.parametrize("name", PLAIN_HEADERS)
def test_plain_headers_are_shown(name: str) -> None:
    assert redact_headers([(name, "value")]) == ((name, "value"),)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot read 'https://me:it@host/a'", f"cannot read 'https://{REDACTED}@host/a'"),
        ("GET http://a/b?token=it&q=x y", f"GET http://a/b?token={REDACTED}&q=x y"),
        (
            'see "http://a/?q=x&api_key=it", he said',
            f'see "http://a/?q=x&api_key={REDACTED}", he said',
        ),
        ("Authorization: Bearer abc.def-ghi", f"Authorization: Bearer {REDACTED}"),
        ("authorization: basic dXNlcjpwYXNz", f"authorization: basic {REDACTED}"),
        ("if x? token = 3; y=4", "if x? token = 3; y=4"),
        ("basic checks of the bearer", "basic checks of the bearer"),
        ("me@example.org wrote a=b&c", "me@example.org wrote a=b&c"),
    ],
)
def test_credentials_are_hidden_wherever_they_stand_in_a_text(text: str, shown: str) -> None:
    assert redact_text(text) == shown


@given(text=st.text())
def test_a_text_is_hidden_once(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)
