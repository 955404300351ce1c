"""Chromium, and pages in it that are held to being silent: no errors, no requests."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python  # type: ignore[import-untyped]  # ships no types
import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["DESKTOP", "PHONE", "accessibility_problems", "chromium", "opened"]

DESKTOP = (1440, 900)
PHONE = (390, 844)

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
# Level AA of WCAG 2.2, and what axe holds to be good besides.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium(*args: str) -> Iterator[Browser]:
    """Start the Chromium that is on PATH (`ci/tools chromium`).

    Only for as long as a module's tests: Playwright keeps a loop of asyncio running in this thread.
    """
    executable = shutil.which("chromium")
    if not executable:
        pytest.skip("no chromium on PATH: ci/tools chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            # As root there is no sandbox; what is opened here was made here.
            args=["--no-sandbox", "--font-render-hinting=none", *args],
        )
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    file: Path,
    fragment: str = "",
    *,
    size: tuple[int, int] = DESKTOP,
    has_script: bool = True,
    **context: Any,
) -> Iterator[Page]:
    """Open a file as a reader does; afterwards, it must not have erred or asked for anything."""
    width, height = size
    tab = browser.new_context(viewport={"width": width, "height": height}, **context)
    page = tab.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: said.append(f"request: {request.url[:200]}"))
    page.goto(file.as_uri() + fragment)
    if has_script:
        page.wait_for_function("document.body.dataset.ready")
    yield page
    tab.close()
    own = f"request: {file.as_uri()}"
    assert [one for one in said if not one.startswith(own)] == []


def accessibility_problems(page: Page) -> list[str]:
    """Let axe-core judge what is shown; give each problem with where it is."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
    )
    return [
        f"{problem['id']}: {node['target']} {node['failureSummary']}"
        for problem in found["violations"]
        for node in problem["nodes"]
    ]
