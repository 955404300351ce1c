"""A comparison for a terminal, for a comment on a pull request, and for a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from agentrig.history._sections import headline, sections, totals
from agentrig.history._text import run_facts, styled
from agentrig.history._words import say_labels, say_run, say_verdict
from agentrig.reporters import markdown_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentrig.history._compare import Comparison
    from agentrig.history._sections import Section

__all__ = ["comparison_json", "comparison_markdown", "comparison_text"]

# A comment with more rows than this is read by nobody; `--format json` has all.
_MOST_ROWS = 30
_PLAIN = re.compile(r"[\w .,%+-]*")


def comparison_text(found: Comparison, *, colour: bool) -> str:
    """Write it for a terminal."""
    return "\n".join(styled(kind, text, colour=colour) for kind, text in _lines(found)) + "\n"


def comparison_markdown(found: Comparison) -> str:
    """Write it as Markdown, as GitHub and GitLab render it."""
    lines = [f"### {headline(found)}", ""]
    lines += ["| | Run | Outcome | Labels |", "|---|---|---|---|"]
    for side, run in (("before", found.before), ("after", found.after)):
        cells = (
            side,
            markdown_cell(say_run(run)),
            say_verdict(run),
            markdown_cell(say_labels(run)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    for section in sections(found):
        lines += ["", f"#### {section.title} ({len(section.rows)})", ""]
        lines += _markdown_table(section)
    lines += ["", "| Duration | Before | After | Change |", "|---|--:|--:|--:|"]
    lines += [f"| {' | '.join(cells)} |" for cells in totals(found)]
    return "\n".join(lines) + "\n"


def comparison_json(found: Comparison) -> str:
    """Write it as an object, with all that was found; shares are fractions, times are in ms."""
    content = {
        "schema": 1,
        "exit_code": found.exit_code,
        "before": run_facts(found.before),
        "after": run_facts(found.after),
        **{
            name: getattr(found, name)
            for name in found.__struct_fields__
            if name not in {"before", "after"}
        },
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def _lines(found: Comparison) -> Iterator[tuple[str, str]]:
    for side, run in (("before", found.before), ("after", found.after)):
        labels = f", {say_labels(run)}" if run.labels else ""
        yield "", f"{side:<7} {say_run(run)}{labels}: {say_verdict(run)}"
    for section in sections(found):
        yield "", ""
        yield "bad" if section.is_bad else "title", f"{section.title} ({len(section.rows)})"
        rows = section.rows[:_MOST_ROWS]
        widths = [
            max(len(row.cells[column]) for row in rows) for column in range(len(rows[0].cells))
        ]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row.cells, widths, strict=True)]
            yield "", f"  {'  '.join(cells)}".rstrip()
            for line in (row.note or "").splitlines()[:1]:
                yield "note", f"      {line}"
        if left := len(section.rows) - len(rows):
            yield "note", f"  and {left} more (--format json has all)"
    yield "", ""
    for what, before, after, change in totals(found):
        yield "", f"{what:<16} {before:>9} -> {after:>9}  {change}".rstrip()
    yield "", ""
    yield "bad" if found.exit_code else "good", headline(found)


def _markdown_table(section: Section) -> Iterator[str]:
    has_notes = any(row.note for row in section.rows)
    columns = (*section.columns, "Why") if has_notes else section.columns
    yield f"| {' | '.join(columns)} |"
    left = len(columns) - section.numbers
    yield "|" + "---|" * left + "--:|" * section.numbers
    for row in section.rows[:_MOST_ROWS]:
        scenario, *others = row.cells
        cells = [markdown_cell(scenario), *map(_cell, others)]
        if has_notes:
            cells.append(markdown_cell((row.note or "").partition("\n")[0]))
        yield f"| {' | '.join(cells)} |"
    if len(section.rows) > _MOST_ROWS:
        yield ""
        yield f"and {len(section.rows) - _MOST_ROWS} more"


def _cell(text: str) -> str:
    """Keep a short text of our own as it is, and any other from being markup."""
    return text if _PLAIN.fullmatch(text) else markdown_cell(text)
