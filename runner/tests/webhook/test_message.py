"""What a message says, by default and by a template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentrig.errors import UsageError
from agentrig.events import Outcome, RunFinished, TroubleFound
from agentrig.reporters import Tally, summarise
from agentrig.webhook._message import context_of, default_body
from agentrig.webhook._template import TemplateFailedError, check_template, render_template
from tests.support.golden import check_golden
from tests.support.records import every_outcome, failing_run, finished, planned, publish, started
from tests.support.rich_run import everything

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentrig.events import Event

GOLDEN = Path(__file__).parent / "golden"


def context(events: Iterable[Event], *, previous: str | None = None) -> dict[str, Any]:
    tally = Tally()
    publish(events, [tally])
    return context_of(msgspec.to_builtins(summarise(tally)), previous=previous, name="nightly")


def body_of(events: Iterable[Event]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(default_body(context(events)))
    return content


@pytest.mark.parametrize("name", ["everything", "every_outcome"])
def test_default_message(name: str) -> None:
    events = everything() if name == "everything" else every_outcome()
    body = default_body(context(events, previous="passed"))
    shown = json.dumps(json.loads(body), indent=1, ensure_ascii=False) + "\n"
    check_golden(GOLDEN / f"{name}.json", shown)


def test_a_run_that_passed_is_one_line() -> None:
    events = [started([planned("a.yaml")]), finished("a.yaml", Outcome.PASSED)]
    body = body_of([*events, RunFinished(exit_code=0, elapsed_ms=1500.0)])
    assert body["text"] == (
        ":white_check_mark: nightly: passed: 1 passed\nrun `a-run` · namespace `demo` · 1.5 s"
    )


def texts_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_of(one)]
    return [text for one in value for text in texts_of(one)] if isinstance(value, list) else []


@given(
    st.sampled_from(
        ["<!channel> <@U1> <http://evil|click>", "@channel @all @here", "&lt;!here&gt;", "`x` *y*"]
    )
    | st.text(alphabet="<>!@#|&;*_~`\n ahe", max_size=50)
)
def test_whatever_is_said_mentions_nobody_and_is_no_link(said: str) -> None:
    path = f"{said}.yaml"
    events = [
        replace(
            started([planned(path, name=said)]), labels=((said, said),), commit=said, namespace=said
        ),
        finished(path, Outcome.FAILED, said),
        TroubleFound(reason=said, where=said, message=said),
        RunFinished(exit_code=1, elapsed_ms=1.0),
    ]
    body = body_of(events)
    for text in texts_of(body):
        assert "<" not in text
        assert not any(f"@{word}" in text for word in ("channel", "all", "here"))


@pytest.mark.parametrize("text", ["x" * 100_000, "<" * 5000, "a b " * 5000, "\n" * 5000])
def test_slack_takes_it_whatever_its_size(text: str) -> None:
    events = failing_run(200, text)
    events[0] = replace(
        started([planned(f"scenarios/s{number:04}.yaml", name=text) for number in range(200)]),
        labels=tuple((f"{text}{number}", text) for number in range(50)),
    )
    body = body_of(events)
    assert len(body["text"]) < 40_000
    for block in body["blocks"]:
        for one in block.get("elements", [block.get("text")]):
            assert len(one["text"]) <= (150 if block["type"] == "header" else 3000)
            assert not one["text"].rstrip("…\n").endswith(("&", "&l", "&lt"))


@pytest.mark.parametrize(
    ("variables", "link"),
    [
        ({}, None),
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_RUN_ID": "7",
            },
            "https://github.com/o/r/actions/runs/7",
        ),
        ({"CI_JOB_URL": "https://gitlab.example/j/1"}, "https://gitlab.example/j/1"),
        ({"BUILD_URL": "http://ci/job/1/"}, "http://ci/job/1/"),
        ({"BUILD_URL": "javascript:alert(1)|<x>"}, None),
    ],
)
def test_the_ci_servers_page_is_linked(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], link: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = context(every_outcome())
    assert found["link"] == link
    assert (f"<{link}|this run>" in default_body(found).decode()) == bool(link)


def test_a_template_reads_the_summary() -> None:
    template = """
    {"title": {{ title | tojson }}, "count": {{ counts.failed }},
     "failed": [{% for one in failures if one.outcome == "failed" %}
       {{ one.name | tojson }}{{ "," if not loop.last }}{% endfor %}],
     "was": {{ previous | tojson }}, "link": {{ link | tojson }}}
    """
    body = json.loads(render_template(template, context(every_outcome(), previous="passed")))
    assert body["count"] == 2
    assert body["failed"] == ["It fails <&> \x00\x1b[31m", "test_one"]
    assert body["was"] == "passed"
    assert body["title"].startswith("nightly: failed (before: passed): ")


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ('{"x": {{ gone }}}', "'gone' is undefined"),
        ('{"x": {{ run }}}', "it gives no JSON"),
        ("", "it gives no JSON"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ labels.update({}) }}", "unsafe"),
        ("{% for i in range(10 ** 9) %}x{% endfor %}", "Range too big"),
        ("{{ 'x' * 2000000 }}", "are the most"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
    ],
)
def test_a_template_that_fails_says_why(template: str, why: str) -> None:
    with pytest.raises(TemplateFailedError, match=why):
        render_template(template, context(every_outcome()))


def test_a_template_that_never_works_is_known_at_the_start() -> None:
    with pytest.raises(UsageError, match=r"--webhook-template body\.json:2: Expected an expr"):
        check_template("{\n{{ }}", name="body.json")
