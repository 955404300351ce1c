"""The template of docs/webhooks.md, and the keys that the page names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from agentrig.reporters import Tally, summarise
from agentrig.webhook._message import context_of
from agentrig.webhook._template import render_template
from tests.support.records import every_outcome, publish

PAGE = Path(__file__).resolve().parents[3] / "docs/webhooks.md"


def test_template_gives_what_it_promises() -> None:
    (template,) = re.findall(
        r"^```jinja\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    tally = Tally()
    publish(every_outcome(), [tally])
    summary = msgspec.to_builtins(summarise(tally))
    body = json.loads(
        render_template(template, context_of(summary, previous="passed", name="nightly"))
    )
    assert body["event_action"] == "trigger"
    assert body["dedup_key"] == "nightly"
    assert body["payload"]["summary"].startswith("nightly: failed (before: passed)")
    assert body["payload"]["custom_details"]["failed"] == [
        "s/fail.yaml",
        "s/infra.yaml",
        "s/half.yaml",
        "s/test_a.py::test_one",
    ]


def test_names_beside_the_summary_are_all_told() -> None:
    tally = Tally()
    publish(every_outcome(), [tally])
    summary = msgspec.to_builtins(summarise(tally))
    more = context_of(summary, previous=None, name=None).keys() - summary.keys()
    table = PAGE.read_text("utf-8").partition("## A template of your own")[2]
    assert more == {"title", "failures", "previous", "name", "link"}
    for name in more:
        assert f"`{name}`" in table
