"""A module of its own: a thread can drive but one Playwright, and this needs a browser of its own."""

from __future__ import annotations

from pathlib import Path

from agentrig.pages import Page, PageData
from tests.support.browser import chromium, opened

SHOW = Path(__file__).with_name("show.js")


def test_without_script_the_page_says_what_it_was_given(tmp_path: Path) -> None:
    file = tmp_path / "rows.html"
    page = Page(title="Rows", scripts=(SHOW,), without_script="<p>1 failed</p>")
    file.write_bytes(b"".join(page.pieces(PageData())))
    with (
        chromium("--blink-settings=scriptEnabled=false") as browser,
        opened(browser, file, has_script=False) as opened_page,
    ):
        assert opened_page.locator("noscript").inner_text() == "1 failed"
