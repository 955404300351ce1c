"""The charts in a real browser: drawn to size, usable by keyboard, told as tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from agentrig.pages import CHARTS, Page, PageData
from tests.support.browser import DESKTOP, PHONE, accessibility_problems, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DRAW = Path(__file__).with_name("charts.js")


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = PageData()
    for number in range(30):
        row = {
            "name": f"run-{number}",
            "rate": None if number == 7 else 1 - number / 60,
            "score": number / 30,
            "passed": 30 - number,
            "failed": number,
            "ms": 1.5 ** (number / 2),
        }
        data.add(msgspec.json.encode(row))
    file = tmp_path_factory.mktemp("charts") / "charts.html"
    page = Page(title="Charts", scripts=(*CHARTS, DRAW))
    file.write_bytes(b"".join(page.pieces(data)))
    return file


def test_every_value_is_a_mark_with_a_name(browser: Browser, charts: Path) -> None:
    with opened(browser, charts) as page:
        rate = page.get_by_role("figure").filter(has_text="Rate").first
        rate.locator("circle").first.wait_for()
        assert rate.locator("circle").count() == 29 + 30
        assert rate.get_by_role("link", name="run-3, passed: 0.95").count() == 1


def test_arrow_keys_walk_through_the_marks_and_show_what_they_stand_for(
    browser: Browser, charts: Path
) -> None:
    with opened(browser, charts) as page:
        first = page.get_by_role("link", name="run-0, passed: 1")
        first.focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#run-1"
        assert page.locator(".tip").inner_text() == "run-1\npassed: 0.9833"
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: url.endswith("#run-1"))


def test_the_table_holds_the_same_numbers(browser: Browser, charts: Path) -> None:
    with opened(browser, charts) as page:
        outcomes = page.get_by_role("figure").filter(has_text="Outcomes").first
        outcomes.get_by_text("As a table").click()
        outcomes.get_by_role("row").first.wait_for()
        rows = outcomes.get_by_role("row").all_inner_texts()
        assert rows[0].split() == ["Run", "passed", "failed"]
        assert rows[3].split() == ["run-2", "28", "2"]


def test_a_histogram_says_its_percentiles(browser: Browser, charts: Path) -> None:
    with opened(browser, charts) as page:
        durations = page.get_by_role("figure").filter(has_text="Durations").first
        # Of 30 values the nearest ranks are the 15th, the 27th, the 29th and the 30th.
        expected = [1.5 ** (rank / 2) for rank in (14, 26, 28, 29)]
        names = ("p50", "p90", "p95", "p99")
        said = [f"{name} {ms:.0f} ms" for name, ms in zip(names, expected, strict=True)]
        assert durations.locator("small").inner_text().startswith(", ".join(said))


def test_the_timeline_zooms_and_packs_what_ran_at_once(browser: Browser, charts: Path) -> None:
    with opened(browser, charts) as page:
        figure = page.get_by_role("figure").filter(has_text="Timeline").first
        drawing = figure.locator("svg")
        width = drawing.evaluate("element => element.getBoundingClientRect().width")
        rows = drawing.locator("rect").evaluate_all("all => all.map(one => one.getAttribute('y'))")
        assert len(set(rows)) > 2  # more than a row per lane: the last ones ran side by side
        figure.get_by_role("button", name="Zoom in").click()
        assert drawing.evaluate("element => element.getBoundingClientRect().width") == 2 * width


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_are_accessible_and_no_wider_than_the_window(
    browser: Browser, charts: Path, size: tuple[int, int], scheme: str
) -> None:
    with opened(browser, charts, size=size, color_scheme=scheme) as page:
        page.locator(".lanes rect").first.wait_for()
        for summary in page.get_by_text("As a table").all():
            summary.click()
        assert accessibility_problems(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_theme_can_be_chosen_and_the_keys_are_listed(browser: Browser, charts: Path) -> None:
    with opened(browser, charts, color_scheme="light") as page:
        colour = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(colour)
        page.get_by_role("button", name="Use the dark theme").click()
        assert page.evaluate(colour) != light
        page.keyboard.press("?")
        assert page.get_by_role("dialog").get_by_text("do something").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("x")
        assert page.get_by_role("status").inner_text() == "done"
