"""A page put together: skeleton, styles, scripts, data, and the policy that lets only these act."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.pages._data import PageData

__all__ = ["CHARTS", "Page", "escape"]

ASSETS = Path(__file__).with_name("assets")

_STYLES = tuple(ASSETS / name for name in ("tokens.css", "base.css", "components.css"))
_SCRIPTS = tuple(
    ASSETS / name for name in ("dom.js", "data.js", "format.js", "theme.js", "keys.js")
)
CHARTS = tuple(
    ASSETS / "charts" / name
    for name in (
        *("frame.js", "scale.js", "tips.js"),
        *("line.js", "column.js", "histogram.js", "scatter.js", "bars.js", "timeline.js"),
    )
)
"""The scripts of all charts, in the order in which they need each other."""


class Page(Struct, frozen=True, kw_only=True):
    """One HTML file; `without_script` is HTML for readers without JavaScript."""

    title: str
    scripts: tuple[Path, ...]
    styles: tuple[Path, ...] = ()
    without_script: str = ""

    def script(self) -> bytes:
        """Give all scripts as one, in a scope of their own: nothing of a page is global."""
        return b'"use strict";\n(async () => {\n%b})();\n' % _joined(_SCRIPTS + self.scripts)

    def pieces(self, data: PageData) -> Iterator[bytes]:
        """Give the file in pieces; `data` takes no more rows after it."""
        style = _joined(_STYLES + self.styles)
        script = self.script()
        policy = (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        )
        yield (
            "<!doctype html>\n"
            '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            '<meta name="referrer" content="no-referrer">\n'
            # Without it a browser asks the server for one.
            '<link rel="icon" href="data:,">\n'
            f"<title>{escape(self.title)}</title>\n"
        ).encode("utf-8", errors="replace")
        yield b"<style>%b</style>\n</head>\n<body>\n" % style
        yield b'<a class="skip-link" href="#main">Skip to the content</a>\n<div id="app"></div>\n'
        yield f"<noscript>{self.without_script}</noscript>\n".encode("utf-8", errors="replace")
        yield from data.element()
        yield b"<script>%b</script>\n</body>\n</html>\n" % script


def _joined(files: tuple[Path, ...]) -> bytes:
    return b"".join(file.read_bytes() for file in files)


def _hash(content: bytes) -> str:
    # CSP 3, 2.3.1: the hash of the element's text as it stands.
    return f"sha256-{b2a_base64(sha256(content).digest(), newline=False).decode()}"


def escape(text: str) -> str:
    """Write text as HTML, for an element or an attribute in double quotes."""
    for letter, name in {"&": "amp", "<": "lt", ">": "gt", '"': "quot"}.items():
        text = text.replace(letter, f"&{name};")
    return text
