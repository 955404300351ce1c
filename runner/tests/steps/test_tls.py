"""Whom a connection trusts, as whom it comes, and who is to blame when it does not come about."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from agentrig.errors import TargetError, UsageError
from agentrig.steps import Tls
from tests.support.raw_server import Conversation, RawServer, raw_server
from tests.support.scripted_server import answer
from tests.support.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def serving(authority: trustme.CA, *names: str, asks: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    return context


def play(talk: Conversation) -> None:
    while talk.request():
        talk.say(answer(body=b"ok"))


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[RawServer]:
    with raw_server(play, serving(authority, "127.0.0.1")) as server:
        yield server


def test_an_own_authority_is_trusted(web: Web, server: RawServer, ca: Path) -> None:
    assert web.send(server.url, tls=Tls(ca=ca)).body == b"ok"
    web.send(server.url, tls=Tls(ca=ca))
    assert server.connections == 1, "equal settings share connections"


def test_an_unknown_authority_is_no_verdict_on_the_agent(web: Web, server: RawServer) -> None:
    with pytest.raises(TargetError, match="invalid peer certificate: UnknownIssuer"):
        web.send(server.url)
    assert server.requests == []


def test_an_unknown_authority_is_refused_where_a_plain_request_is_redirected_to(
    web: Web, server: RawServer
) -> None:
    def send_on(talk: Conversation) -> None:
        talk.request()
        talk.say(answer(302, headers=[("location", server.url)]))

    with (
        raw_server(send_on) as plain,
        pytest.raises(TargetError, match="invalid peer certificate: UnknownIssuer"),
    ):
        web.send(plain.url, redirects=1)
    assert server.requests == []


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_an_unknown_authority_is_refused_of_a_proxy(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, server.url)
    with Web() as web, pytest.raises(TargetError, match="UnknownIssuer"):
        web.send("http://agent.invalid/")
    assert server.requests == []


def test_verification_can_be_left_out_in_so_many_words(web: Web, server: RawServer) -> None:
    assert web.send(server.url, tls=Tls(verify=False)).body == b"ok"


def test_the_name_in_the_certificate_must_be_the_hosts(
    web: Web, authority: trustme.CA, ca: Path
) -> None:
    with raw_server(play, serving(authority, "agent.demo.svc")) as server:
        with pytest.raises(TargetError, match="not valid for name"):
            web.send(server.url, tls=Tls(ca=ca))
        response = web.send(f"{server.url}/x", tls=Tls(ca=ca, server_name="agent.demo.svc"))
        assert (response.body, response.url) == (b"ok", f"{server.url}/x")
    head = server.requests[0].decode().lower()
    assert head.startswith("get /x http")
    assert f"host: 127.0.0.1:{server.port}\r\n" in head, "the host is still the URL's"


def test_a_server_name_for_a_host_that_is_not_there(web: Web, ca: Path) -> None:
    with pytest.raises(TargetError):
        web.send("https://nowhere.invalid", tls=Tls(ca=ca, server_name="agent.demo.svc"))


def test_a_client_comes_with_its_certificate(
    web: Web, authority: trustme.CA, ca: Path, tmp_path: Path
) -> None:
    mine = authority.issue_cert("me@example.org")
    cert, key, both = (tmp_path / name for name in ("cert.pem", "key.pem", "both.pem"))
    cert.write_bytes(b"".join(pem.bytes() for pem in mine.cert_chain_pems))
    mine.private_key_pem.write_to_path(str(key))
    mine.private_key_and_cert_chain_pem.write_to_path(str(both))
    with raw_server(play, serving(authority, "127.0.0.1", asks=True)) as server:
        assert web.send(server.url, tls=Tls(ca=ca, cert=cert, key=key)).body == b"ok"
        assert web.send(server.url, tls=Tls(ca=ca, cert=both)).body == b"ok"


def test_a_refused_client_is_no_verdict_on_the_agent(
    web: Web, authority: trustme.CA, ca: Path
) -> None:
    with (
        raw_server(play, serving(authority, "127.0.0.1", asks=True)) as server,
        pytest.raises(TargetError, match="TLS: received fatal alert: CertificateRequired"),
    ):
        web.send(server.url, tls=Tls(ca=ca))


def test_a_client_certificate_is_not_shown_to_where_a_redirect_leads(
    web: Web, authority: trustme.CA, ca: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    authority.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(str(both))
    context = serving(authority, "127.0.0.1")
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    with raw_server(play, context) as other:

        def send_on(talk: Conversation) -> None:
            talk.request()
            talk.say(answer(302, headers=[("location", other.url)]))

        with raw_server(send_on, context) as server:
            response = web.send(server.url, tls=Tls(ca=ca, cert=both), redirects=1)
    assert response.body == b"ok"
    assert (len(server.peers), server.peers[0] is not None) == (1, True)
    assert other.peers == [None]


@pytest.mark.parametrize(
    ("key", "content", "message"),
    [
        ("ca", None, "'tls.ca': cannot read '{file}': No such file or directory"),
        ("ca", b"", "'tls.ca': '{file}' is no PEM file with a certificate"),
        (
            "ca",
            b"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n",
            "'tls.ca': '{file}' holds no valid certificate",
        ),
        ("cert", None, "'tls.cert': cannot read '{file}': No such file or directory"),
        (
            "cert",
            b"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n",
            "'tls.cert': '{file}' is no certificate with its key",
        ),
    ],
)
def test_files_that_cannot_be_used(
    web: Web, tmp_path: Path, key: str, content: bytes | None, message: str
) -> None:
    file = tmp_path / "file.pem"
    if content is not None:
        file.write_bytes(content)
    settings = Tls(ca=file) if key == "ca" else Tls(cert=file)
    with pytest.raises(UsageError) as caught:
        web.send("https://127.0.0.1:9", tls=settings)
    assert str(caught.value) == message.format(file=file)


def test_a_key_that_is_missing(web: Web, authority: trustme.CA, tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_bytes(authority.issue_cert("me@example.org").cert_chain_pems[0].bytes())
    with pytest.raises(UsageError, match="cannot read"):
        web.send("https://127.0.0.1:9", tls=Tls(cert=cert, key=tmp_path / "key.pem"))
    with pytest.raises(UsageError, match="is no certificate with its key"):
        web.send("https://127.0.0.1:9", tls=Tls(cert=cert))
