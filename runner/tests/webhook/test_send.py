"""A message on its way to a real server that does what servers do."""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
import ssl
import time
from typing import TYPE_CHECKING

import pytest
import trustme

from agentrig.webhook._send import NotSentError, send
from tests.support.webhook_server import SECRET, Answer, WebhookServer, webhook_server

if TYPE_CHECKING:
    from pathlib import Path


def refused(url: str, *, ca: Path | None = None, within_s: float = 10) -> str:
    with pytest.raises(NotSentError) as caught:
        send(url, b"{}", ca=ca, within_s=within_s)
    said = str(caught.value)
    assert SECRET not in said
    assert "services" not in said
    return said


def test_a_body_is_posted(server: WebhookServer) -> None:
    send(server.url, b'{"text": "yes"}')
    assert server.paths == [f"/services/{SECRET}"]
    assert server.messages == [{"text": "yes"}]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(server: WebhookServer, status: int) -> None:
    server.answers = [
        Answer(status=status, retry_after="0"),
        Answer(status=status, retry_after="0"),
        Answer(),
    ]
    send(server.url, b"{}")
    assert len(server.paths) == 3


def test_a_few_attempts_are_enough(server: WebhookServer) -> None:
    server.answers = [Answer(status=503, retry_after="0")]
    assert refused(server.url) == "status 503, at attempt 4"
    assert len(server.paths) == 4


def test_retry_after_is_waited_for(server: WebhookServer) -> None:
    server.answers = [Answer(status=429, retry_after="1"), Answer()]
    begin = time.monotonic()
    send(server.url, b"{}")
    assert time.monotonic() - begin >= 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_who_asks_for_too_much_time_is_not_waited_for(server: WebhookServer, form: str) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    value = "3600" if form == "seconds" else email.utils.format_datetime(later, usegmt=True)
    server.answers = [Answer(status=429, retry_after=value)]
    begin = time.monotonic()
    assert refused(server.url).startswith("status 429, and asks to wait for 3")
    assert time.monotonic() - begin < 5
    assert len(server.paths) == 1


@pytest.mark.parametrize("value", ["soon", "", "-1", "Thu, 99 Foo 2026"])
def test_a_retry_after_that_is_none_is_not_heeded(server: WebhookServer, value: str) -> None:
    server.answers = [Answer(status=429, retry_after=value), Answer()]
    send(server.url, b"{}")
    assert len(server.paths) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413])
def test_what_is_refused_is_not_tried_again(server: WebhookServer, status: int) -> None:
    server.answers = [Answer(status=status, body=f"no_service \x1b[2J {SECRET}\n")]
    assert refused(server.url) == f"status {status}: no_service \\x1b[2J [redacted]"
    assert len(server.paths) == 1


@pytest.mark.parametrize("kind", ["hangs", "drips"])
def test_a_server_that_takes_its_time_is_given_up(server: WebhookServer, kind: str) -> None:
    server.answers = [Answer(hangs=kind == "hangs", drips=kind == "drips")]
    begin = time.monotonic()
    refused(server.url, within_s=1)
    assert time.monotonic() - begin < 10


def test_nobody_listens() -> None:
    with webhook_server() as gone:
        url = gone.url
    said = refused(url, within_s=2)
    assert "Connection refused" in said


def test_a_redirect_within_the_server_is_followed(server: WebhookServer) -> None:
    server.answers = [Answer(status=307, location="/elsewhere"), Answer()]
    send(server.url, b'{"text": 1}')
    assert server.paths == [f"/services/{SECRET}", "/elsewhere"]
    assert server.messages[1] == {"text": 1}


def test_redirects_end(server: WebhookServer) -> None:
    server.answers = [Answer(status=308, location="/again")]
    assert refused(server.url) == "it redirects again and again"
    assert len(server.paths) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_to_another_server(server: WebhookServer, status: int) -> None:
    with webhook_server() as other:
        server.answers = [Answer(status=status, location=f"{other.url}?of={SECRET}")]
        refused(server.url)
        assert other.paths == []
    assert len(server.paths) == 1


@pytest.mark.parametrize(
    "location", ["https://127.0.0.1/x", "http://user@evil.example/x", "//evil.example/", "ftp://x"]
)
def test_another_host_port_or_scheme_is_another_server(
    server: WebhookServer, location: str
) -> None:
    server.answers = [Answer(status=307, location=location)]
    assert "to which a secret URL is not told" in refused(server.url)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context_of(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_ca_of_its_own_is_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    with webhook_server(context_of(authority)) as server:
        send(server.url, b"{}", ca=ca)
        assert len(server.paths) == 1


def test_a_stranger_is_not_told(authority: trustme.CA) -> None:
    with webhook_server(context_of(authority)) as server:
        assert "CERTIFICATE_VERIFY_FAILED" in refused(server.url, within_s=3)
        assert server.paths == []


def test_a_ca_that_is_none_is_said(server: WebhookServer, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no")
    assert "cannot use the certificates" in refused(server.url, ca=tmp_path / "ca.pem")


def test_nothing_is_logged(server: WebhookServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        send(server.url, b"{}")
    assert SECRET not in caplog.text
    # Others may still log what they do.
    assert not logging.getLogger("httpx").disabled
