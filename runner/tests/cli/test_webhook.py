"""A message at the end of a real run, and what is said where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.webhook_server import SECRET, Answer, WebhookServer, webhook_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.rig import Rig


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with webhook_server() as one:
        yield one


def test_a_run_sends_a_message(rig: Rig, server: WebhookServer) -> None:
    rig.scenario("bad", "/ok", status=201)
    ran = rig.run("bad.yaml", "--webhook-name", "pr", env={"AGENTRIG_RUN_WEBHOOK": server.url})
    assert (ran.code, ran.err) == (1, ""), ran.said
    (text,) = server.texts
    assert text.startswith(":x: pr: failed: 1 failed\n• *The scenario bad* `bad.yaml`: [GET /ok]")


def test_a_message_that_is_not_sent_changes_no_outcome(rig: Rig, server: WebhookServer) -> None:
    rig.scenario("good")
    server.answers = [Answer(status=404, body="no_service")]
    ran = rig.run("good.yaml", "--webhook", server.url, "--webhook-on", "always")
    assert ran.code == 0, ran.said
    assert ran.err == (
        "warning: webhook 127.0.0.1: the message was not sent: status 404: no_service\n"
    )
    assert ran.summary()["outcome"] == "passed"


def test_the_message_knows_of_a_report_that_could_not_be_written(
    rig: Rig, server: WebhookServer
) -> None:
    rig.scenario("good")
    (rig.folder / "results/junit.xml").mkdir(parents=True)
    ran = rig.run("good.yaml", "--webhook", server.url)
    assert ran.code == 3, ran.said
    assert server.texts[0].startswith(":warning: agentrig: error: 1 passed")


def test_changes_are_found_in_the_store_of_the_results(rig: Rig, server: WebhookServer) -> None:
    args = ("s.yaml", "--webhook", server.url, "--webhook-on", "change", "--store", "kept")
    for status in (200, 201, 201, 200):
        rig.scenario("s", "/ok", status=status)
        rig.run(*args)
    assert [text.split(": ")[2].split(" ")[0] for text in server.texts] == ["failed", "passed"]


def test_shards_with_a_store_send_one_message(rig: Rig, server: WebhookServer) -> None:
    for name in ("a", "b", "c"):
        rig.scenario(name, "/ok", status=200 if name == "a" else 201)
    args = ("a.yaml", "b.yaml", "c.yaml", "--run-id", "r", "--store", "kept")
    for shard in (2, 1):
        rig.run(*args, "--shard", f"{shard}/2", "--webhook", server.url)
    (text,) = server.texts
    assert "1 passed, 2 failed" in text


def test_a_url_that_a_test_prints_is_hidden(rig: Rig, server: WebhookServer) -> None:
    rig.write(
        "test_m.py",
        """
        import os

        def test_m(save_artifact):
            url = os.environ["AGENTRIG_RUN_WEBHOOK"]
            save_artifact("env.txt", str(dict(os.environ)))
            assert False, f"{url} and its end {url.rpartition('/')[2]}"
        """,
    )
    env = {"AGENTRIG_RUN_WEBHOOK": server.url}
    ran = rig.run("test_m.py", "--log-journal", env=env)
    assert ran.code == 1, ran.said
    assert len(server.texts) == 1
    assert SECRET not in ran.said
    for file in ran.results.rglob("*"):
        assert file.is_dir() or SECRET not in file.read_text("utf-8", "replace"), file
    assert SECRET not in str(server.messages)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--webhook", f"hooks/{SECRET}"), "--webhook: what is given is no URL"),
        (("--webhook", f"https://h/{SECRET}", "--webhook-on", "change"), "say --webhook-state URL"),
        (("--webhook-on", "always"), "--webhook-on is of no use without --webhook URL"),
        (
            ("--webhook", "https://h/x", "--webhook-template", "gone"),
            "--webhook-template: cannot read 'gone': No such file",
        ),
        (
            ("--webhook", "https://h/x", "--webhook-template", "bad.j2"),
            "--webhook-template bad.j2:1: ",
        ),
    ],
)
def test_what_cannot_be_is_said_at_once(rig: Rig, args: tuple[str, ...], said: str) -> None:
    rig.scenario("good")
    rig.write("bad.j2", "{{ }}")
    ran = rig.run("good.yaml", *args)
    assert ran.code == 4, ran.said
    assert said in ran.err
    assert SECRET not in ran.said
    assert not ran.results.exists()


def test_settings_without_a_url_are_no_webhook(rig: Rig) -> None:
    """As of a Secret of the chart's that is not there."""
    rig.scenario("good")
    env = {"AGENTRIG_RUN_WEBHOOK": "", "AGENTRIG_RUN_WEBHOOK_ON": "change"}
    assert rig.run("good.yaml", env=env).code == 0


def test_a_template_needs_its_extra(rig: Rig) -> None:
    rig.write("t.j2", "{}")
    rig.write("hidden.py", "import sys\nsys.modules['jinja2'] = None\n")
    script = (
        "import hidden\nfrom agentrig.cli import main\n"
        "main(['run', 'x.yaml', '--webhook', 'https://h/x', '--webhook-template', 't.j2'])\n"
    )
    rig.write("call.py", script)
    ran = rig.python("call.py")
    assert ran.code == 4, ran.said
    assert "--webhook-template needs `pip install agentrig[webhook]`" in ran.err


def test_a_run_without_a_webhook_imports_nothing_for_it(rig: Rig) -> None:
    rig.scenario("good")
    script = (
        "import sys\nfrom agentrig.cli import main\n"
        "try:\n    main(['run', 'good.yaml'])\n"
        "finally:\n    print([one for one in sys.modules if 'webhook' in one])\n"
    )
    rig.write("call.py", script)
    ran = rig.python("call.py")
    assert "['agentrig.cli._webhook_options']" in ran.out, ran.said
