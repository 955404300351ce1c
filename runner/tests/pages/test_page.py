"""Whatever data say, a page shows them as text, and nothing but its own script acts."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentrig.pages import Page, PageData
from tests.support.browser import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHOW = Path(__file__).with_name("show.js")
HOSTILE = st.text(alphabet=st.sampled_from("</script>!-[]\"'&\\\n\r\u2028\0😀a")) | st.text(
    alphabet=st.characters(exclude_categories=["Cs"])
)


def written(rows: list[Any], *, title: str = "Rows") -> bytes:
    data = PageData()
    for row in rows:
        data.add(msgspec.json.encode(row))
    return b"".join(Page(title=title, scripts=(SHOW,)).pieces(data))


def rows_of(page: bytes) -> list[Any]:
    """Read the rows as a browser does: an element ends at the first of its end tags."""
    found = re.findall(
        rb'<script type="application/json" id="data"([^>]*)>(.*?)</script', page, re.DOTALL
    )
    ((attributes, text),) = found
    if b"deflate" in attributes:
        text = zlib.decompress(b64decode(text))
    return [msgspec.json.decode(line) for line in text.splitlines()]


@given(rows=st.lists(HOSTILE), title=HOSTILE)
def test_no_text_ends_the_element_that_holds_it(rows: list[str], title: str) -> None:
    page = written(rows, title=title)
    assert rows_of(page) == rows
    _, _, rest = page.partition(b"<title>")
    assert b"<" not in rest.partition(b"</title>")[0]
    assert len(re.findall(rb"<script", page)) == 2


def test_many_rows_are_compressed_and_come_back() -> None:
    rows = [{"name": f"scenario {number}", "text": "</script>" * 9} for number in range(9000)]
    page = written(rows)
    assert rows_of(page) == rows
    assert len(page) < 150_000


def test_only_the_compressed_form_of_many_rows_is_kept() -> None:
    data = PageData()
    for number in range(50_000):
        data.add(b'{"step":%d,"outcome":"passed","elapsed_ms":12.3}' % number)
    assert 0 < data.size < 400_000


def test_a_browser_shows_hostile_rows_as_text(browser: Browser, tmp_path: Path) -> None:
    rows = [
        "</script><script>document.title = 'owned'</script>",
        "<img src=x onerror=\"document.title = 'owned'\">",
        "<!--<script>",
        "\u2028 \0 😀",
    ]
    file = tmp_path / "rows.html"
    for content in (rows, rows * 9000):
        file.write_bytes(written(content, title="</title><script>alert(1)</script>"))
        with opened(browser, file) as page:
            assert page.title() == "</title><script>alert(1)</script>"
            shown = page.evaluate(
                "[...document.querySelectorAll('li')].map(one => one.textContent)"
            )
            assert shown == content


def test_the_policy_stops_a_script_that_is_not_the_pages(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "rows.html"
    injected = b"<script>document.title = 'owned'</script>"
    file.write_bytes(written(["a"]).replace(b"<div id", injected + b"<div id"))
    tab = browser.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(file.as_uri())
    tab.wait_for_function("document.body.dataset.ready")
    assert tab.title() == "Rows"
    assert len(said) == 1
    assert "Content Security Policy" in said[0]
    assert tab.evaluate("fetch('https://example.com').catch(() => 'refused')") == "refused"
    tab.close()
