"""Where a message goes, when, and what it says. The URL is a secret: whoever has it can write."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003  # msgspec resolves it
from urllib.parse import urlsplit

from msgspec import Struct

from agentrig.errors import UsageError

__all__ = ["WebhookSettings", "When", "webhook_settings"]

# Words such as `services` are in many reports.
_KEY_LENGTH = 16


class When(StrEnum):
    """After which runs a message is sent."""

    FAILURE = "failure"
    CHANGE = "change"
    ALWAYS = "always"


class WebhookSettings(Struct, frozen=True, kw_only=True):
    """A webhook; `template` is the text of one, None for a message as Slack reads it.

    `state` is the store that keeps how the last run of this `name` ended; without a name, runs in
    one namespace with the same labels `suite`, `environment` and `model` are taken for the same.
    """

    url: str
    when: When = When.FAILURE
    template: str | None = None
    name: str | None = None
    state: str | None = None
    ca: Path | None = None

    @property
    def host(self) -> str:
        """What may be said of the URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is to be hidden wherever it shows: the URL, and the parts of it that look like keys."""
        parts = urlsplit(self.url)
        words = [*parts.path.split("/"), parts.query, parts.password or ""]
        return (self.url, *(word for word in words if len(word) >= _KEY_LENGTH))

    def __repr__(self) -> str:
        return f"WebhookSettings(host={self.host!r}, when={self.when.value!r})"


def webhook_settings(
    *,
    url: str | None,
    when: str | None = None,
    template: Path | None = None,
    name: str | None = None,
    state: str | None = None,
    ca: Path | None = None,
) -> WebhookSettings | None:
    """Read what a command was asked for; None without a URL.

    Raises UsageError for a URL that is none, which it does not repeat, for a template that cannot
    be used, and where a change could not be seen.
    """
    if not url or not url.strip():
        return None
    url = url.strip()
    _check_url(url)
    chosen = When(when or When.FAILURE)
    if chosen is When.CHANGE and state is None:
        raise UsageError(
            "--webhook-on change: how the last run ended is kept in a store: say --webhook-state URL "
            "(s3://BUCKET/PREFIX, or a folder), or let `agentrig run` keep its results, by --store"
        )
    return WebhookSettings(
        url=url,
        when=chosen,
        template=_read(template) if template else None,
        name=name or None,
        state=state,
        ca=ca,
    )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port  # raises for one that is none
    except ValueError:
        is_one = False
    if not is_one or not url.isprintable() or " " in url:
        # A part of it may be the secret, so that it is not repeated.
        raise UsageError("--webhook: what is given is no URL: write https://HOST/PATH")


def _read(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise UsageError(f"--webhook-template: cannot read '{file}': {what}") from error
    from agentrig.webhook._template import check_template  # noqa: PLC0415  # jinja2: 30 ms

    check_template(text, name=str(file))
    return text
