"""`junit.xml`, one suite per file, as CI servers read it.

Written with the standard library's ElementTree: every run ends here, and junitparser, with which
the tests read the file back, takes 40 ms to import.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from agentrig.events import Outcome, Planned
from agentrig.reporters._files import write_pieces
from agentrig.reporters._junit_case import JunitCases
from agentrig.reporters._words import say_limit
from agentrig.reporters._xml import element, first_line, legal, properties
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from agentrig.reporters.tally import Tally

__all__ = ["JUNIT_FILE", "JunitReporter"]

JUNIT_FILE = "junit.xml"

_LIMITS = "limits of the run"
_INFRASTRUCTURE = "infrastructure"
# A tree takes seven times what its text takes, and to begin a text as long as a small suite does.
_AT_ONCE = 100
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


class JunitReporter(TallyReport):
    """Writes the document when the run is over."""

    def __init__(self, file: Path, tally: Tally | None = None) -> None:
        """Write to `file` on close; artifacts lie beside it."""
        super().__init__(tally)
        self._file = file.absolute()

    def close(self) -> None:
        """Write the document."""
        from xml.etree import ElementTree as ET  # noqa: PLC0415  # 10 ms, not before the end

        def text_of(suites: Element) -> bytes:
            ET.indent(suites)
            # As UTF-8 it would be encoded word by word.
            text: str = ET.tostring(suites, encoding="unicode")
            return text.removeprefix("<testsuites>\n").removesuffix("</testsuites>").encode()

        root, some = ET.Element("testsuites", name="agentrig"), ET.Element("testsuites")
        totals: Counter[str] = Counter()
        pieces = []
        for suite in self._suites(some):
            totals.update(_count(suite))
            if len(some) >= _AT_ONCE:
                pieces.append(text_of(some))
                some.clear()
        if len(some):
            pieces.append(text_of(some))
        for name in ("tests", *_COUNTED.values()):
            root.set(name, str(totals[name]))
        root.set("time", f"{totals['ms'] / 1000:.3f}")
        start = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        if pieces:
            pieces = [start.removesuffix(b" />") + b">\n", *pieces, b"</testsuites>"]
        write_pieces(self._file, [*(pieces or [start]), b"\n"])

    def _suites(self, parent: Element) -> Iterator[Element]:
        """Add the suites to `parent`, one after the other, and give each."""
        tally = self.tally
        cases = JunitCases(tally, results=self._file.parent)
        # GitLab takes one of those that have one name.
        alike = Counter((planned.path, planned.name) for planned in tally.planned.values())
        of_run = self._properties()
        of_files = defaultdict[str, list[Planned]](list)
        for planned in tally.planned.values():
            of_files[planned.path].append(planned)
        for path, plan in of_files.items():
            timestamp = tally.started_at.get(plan[0].id, tally.begin)
            suite = element(parent, "testsuite", name=path, timestamp=timestamp)
            properties(suite, of_run)
            for planned in plan:
                cases.add(suite, planned, is_alone=alike[path, planned.name] == 1)
            yield suite
        if tally.limits:
            yield self._limits_suite(parent)
        if tally.troubles:
            yield self._troubles_suite(parent)

    def _properties(self) -> list[tuple[str, str]]:
        """Name the run and what it is to be found by, and where its files came from."""
        tally, started = self.tally, self.tally.started
        found = {"agentrig.run": tally.run}
        if tally.shard:
            found["agentrig.shard"] = str(tally.shard)
        if tally.attempt:
            found["agentrig.attempt"] = str(tally.attempt)
        if started:
            if started.shards > 1:
                found["agentrig.shards"] = str(started.shards)
            found |= {"agentrig.commit": started.commit} if started.commit else {}
            found |= {f"agentrig.label.{name}": value for name, value in started.labels}
        if source := started.source if started else None:
            fields = {name: getattr(source, name) for name in source.__struct_fields__}
            found |= {f"agentrig.source.{name}": str(v) for name, v in fields.items() if v}
        return list(found.items())

    def _limits_suite(self, parent: Element) -> Element:
        """Show each limit of the run as a test of its own."""
        suite = self._own_suite(parent, _LIMITS)
        for limit in self.tally.limits:
            case = _own_case(suite, "limits", limit.name)
            if limit.outcome is Outcome.FAILED:
                element(case, "failure", message=say_limit(limit), type=limit.outcome.value)
            elif limit.outcome is Outcome.SKIPPED:
                element(case, "skipped", message=say_limit(limit))
        return suite

    def _troubles_suite(self, parent: Element) -> Element:
        """Show each trouble as a test that has an error, unless it cost no results."""
        suite = self._own_suite(parent, _INFRASTRUCTURE)
        for trouble in self.tally.troubles:
            case = _own_case(suite, "infrastructure", f"{trouble.reason}: {trouble.where}")
            text = "\n".join(part for part in (trouble.message, trouble.hint) if part)
            if trouble.overcome:
                element(case, "system-out", text)
            else:
                message = first_line(trouble.message)
                element(case, "error", text, message=message, type=trouble.reason)
        return suite

    def _own_suite(self, parent: Element, name: str) -> Element:
        return element(parent, "testsuite", name=name, timestamp=self.tally.begin)


def _own_case(suite: Element, what: str, name: str) -> Element:
    return element(suite, "testcase", classname=f"agentrig.{what}", name=legal(name), time="0.000")


def _count(suite: Element) -> dict[str, int]:
    """Give a suite its counts, and say them, with the time in milliseconds as `ms`."""
    counts = dict.fromkeys(("tests", *_COUNTED.values(), "ms"), 0)
    for case in suite.iterfind("testcase"):
        counts["tests"] += 1
        counts["ms"] += round(float(case.get("time", 0)) * 1000)
        # One alone of them is in a case.
        for child in case:
            if child.tag in _COUNTED:
                counts[_COUNTED[child.tag]] += 1
    for name in ("tests", *_COUNTED.values()):
        suite.set(name, str(counts[name]))
    suite.set("time", f"{counts['ms'] / 1000:.3f}")
    return counts
