"""From the page of trends to what a run has left: the link opens the scenario in its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.reporters import read_journal, results_reporters
from agentrig.stream import replay
from tests.support.browser import opened
from tests.support.past import leave, past_run
from tests.support.rig import Rig

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser


def test_a_link_leads_to_the_scenario_in_the_report(browser: Browser, tmp_path: Path) -> None:
    folder = leave(
        tmp_path / "store/a #1", past_run(1, {"s/a.yaml": "f", "s/b c.yaml": "f"}), only=["events"]
    )
    journal = (folder / "events.jsonl").read_bytes()
    assert replay(read_journal(journal, name="journal"), results_reporters(folder)).problems == []
    assert Rig(tmp_path).here("report", "history", "store", "--output", "site").code == 0
    with opened(browser, tmp_path / "site/index.html", "#/run/0") as page:
        link = page.get_by_role("link", name="report of s/b c.yaml in nightly-1")
        address = str(link.evaluate("link => link.href"))
    report, _, fragment = address.partition("#")
    assert report == (folder / "report.html").as_uri()
    with opened(browser, folder / "report.html", f"#{fragment}") as page:
        page.get_by_role("article", name="The scenario s/b c.yaml").wait_for()
