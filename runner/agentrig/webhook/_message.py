"""What a message says by default: Slack's blocks, and the same as text, which Mattermost reads."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from agentrig._excerpt import printable
from agentrig._redact import cut

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["context_of", "default_body"]

_ICONS = {
    "passed": ":white_check_mark:",
    "failed": ":x:",
    "interrupted": ":black_square_for_stop:",
}
_MOST_FAILURES = 10
# Slack refuses longer texts: of a header, of a section.
_HEADER, _SECTION = 150, 3_000
_NO_VERDICT = {"passed", "skipped"}


def context_of(
    summary: Mapping[str, Any], *, previous: str | None, name: str | None
) -> dict[str, Any]:
    """Give what a template reads: `summary.json`, and what a message wants besides.

    `failures` are the scenarios that did not pass, `title` is a line that says all, `previous`
    how the last run ended if that is known, `name` what runs of this kind are called, and `link`
    where the CI server shows this one.
    """
    failures = [one for one in summary["scenarios"] if one["outcome"] not in _NO_VERDICT]
    return {
        **summary,
        "failures": failures,
        "previous": previous,
        "name": name,
        "link": _link(),
        "title": _title(summary, name=name, previous=previous),
    }


def default_body(context: Mapping[str, Any]) -> bytes:
    """Write the message for Slack, and for whoever reads its `text` alone."""
    icon = _ICONS.get(context["outcome"], ":warning:")
    failures = _failures(context)
    facts = _facts(context)
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": cut(f"{icon} {context['title']}", _HEADER - 30)},
        }
    ]
    if failures:
        blocks.append(_section("\n".join(failures)))
    if context["troubles"]:
        blocks.append(_section("\n".join(_troubles(context))))
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": _clipped(facts)}]})
    lines = [f"{icon} {_escaped(context['title'])}", *failures, *_troubles(context), facts]
    return json.dumps({"text": "\n".join(lines), "blocks": blocks}).encode()


def _title(summary: Mapping[str, Any], *, name: str | None, previous: str | None) -> str:
    counts = ", ".join(
        f"{number} {outcome.replace('_', ' ')}" for outcome, number in summary["counts"].items()
    )
    what = name or "agentrig"
    shard = f", shard {summary['shard']}/{summary['shards']}" if summary["shard"] else ""
    before = f" (before: {previous})" if previous and previous != summary["outcome"] else ""
    return printable(f"{what}{shard}: {summary['outcome']}{before}: {counts or 'nothing run'}")


def _failures(context: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in context["failures"][:_MOST_FAILURES]:
        why = (one["message"] or one["outcome"]).split("\n")[0]
        lines.append(f"• *{_escaped(one['name'])}* `{_code(one['id'])}`: {_escaped(why)}")
    left = len(context["failures"]) - _MOST_FAILURES
    return [*lines, f"and {left:,} more"] if left > 0 else lines


def _troubles(context: Mapping[str, Any]) -> list[str]:
    found = [one for one in context["troubles"] if not one["overcome"]][:_MOST_FAILURES]
    return [
        f"• *{_escaped(one['reason'])}* {_escaped(one['where'])}: {_escaped(one['message'])}"
        for one in found
    ]


def _facts(context: Mapping[str, Any]) -> str:
    facts = [f"run `{_code(context['run'])}`"]
    if context["namespace"]:
        facts.append(f"namespace `{_code(context['namespace'])}`")
    if context["commit"]:
        facts.append(f"commit `{_code(context['commit'][:12])}`")
    facts += [f"{_escaped(key)} `{_code(value)}`" for key, value in context["labels"].items()]
    if context["elapsed_ms"] is not None:
        facts.append(f"{context['elapsed_ms'] / 1000:.1f} s")
    if context["link"]:
        facts.append(f"<{context['link']}|this run>")
    return " · ".join(facts[:15])


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _clipped(text)}}


def _clipped(text: str) -> str:
    if len(text) <= _SECTION:
        return text
    # Between lines or words: half of an entity would be shown as it is written.
    return text[: _SECTION - 2].rsplit("\n" if "\n" in text else " ", 1)[0] + "\n…"


def _escaped(text: str) -> str:
    """Keep text from being markup, a link or a mention, in Slack and in Mattermost."""
    return re.sub(r"([*_~`])", "\N{ZERO WIDTH NON-JOINER}\\1", _plain(text))


def _code(text: str) -> str:
    return _plain(text).replace("`", "'")


def _plain(text: str) -> str:
    line = printable(" ".join(cut(text, 200).split()))
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return line.replace("@", "@\N{ZERO WIDTH NON-JOINER}")


def _link() -> str | None:
    """Find where the CI server shows this run: GitHub Actions, GitLab CI, Jenkins."""
    get = os.environ.get
    url = get("CI_JOB_URL") or get("BUILD_URL")
    if get("GITHUB_SERVER_URL") and get("GITHUB_REPOSITORY") and get("GITHUB_RUN_ID"):
        url = f"{get('GITHUB_SERVER_URL')}/{get('GITHUB_REPOSITORY')}/actions/runs/{get('GITHUB_RUN_ID')}"
    return url if url and re.fullmatch(r"https?://[^\s|<>]{1,1000}", url) else None
