"""Self-contained HTML pages: one file, no network, safe whatever its data say.

A page is a skeleton, the CSS and plain JavaScript of `assets/`, those of its maker, and data:

    data = PageData()
    for row in rows:
        data.add(dump(row))            # one line of JSON
    page = Page(
        title="Trends",
        styles=(MY_FOLDER / "trends.css",),          # after the common ones
        scripts=(*CHARTS, MY_FOLDER / "trends.js"),  # in one scope, after DOM, format and theme
        without_script="<p>12 runs, 1 failed</p>",   # HTML: `escape` what tests have said
    )
    write_whole(file, page.pieces(data))

The last script calls `await readData()`, which gives the rows in their order, and draws into
`document.getElementById("app")`. It makes elements by `h(tag, attributes, ...children)`, which takes
text for text, and never by `innerHTML`; its sizes are set by `element.style`, as the page's
Content-Security-Policy forbids style attributes. What the files of `assets/` offer, they say at
their functions: `h`, `svg` (dom.js), `readData` (data.js), `formatDuration`, ... (format.js),
`themeButton` (theme.js), `helpDialog`, `onKeys` (keys.js), and the charts: `lineChart`,
`columnChart`, `histogram`, `scatterChart`, `barTable`, `timeline`. Each chart is a `<figure>` with a
caption, can be used by keyboard, and brings its numbers as a table.
"""

from agentrig.pages._data import PageData
from agentrig.pages._page import CHARTS, Page, escape

__all__ = ["CHARTS", "Page", "PageData", "escape"]
