"""`junit.xml`, one suite per file, as CI servers read it.

Written with the standard library's ElementTree: every run ends here, and junitparser, with which
the tests read the file back, takes 40 ms to import.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from agentrig.events import Outcome
from agentrig.reporters._files import write_whole
from agentrig.reporters._junit_case import JunitCases
from agentrig.reporters._words import say_limit
from agentrig.reporters._xml import element, first_line, legal, properties
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from agentrig.reporters.tally import Tally

__all__ = ["JUNIT_FILE", "JunitReporter"]

JUNIT_FILE = "junit.xml"

_LIMITS = "limits of the run"
_INFRASTRUCTURE = "infrastructure"
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

        tally = self.tally
        root = ET.Element("testsuites", name="agentrig")
        suites: dict[str, Element] = {}
        cases = JunitCases(tally, results=self._file.parent)
        # GitLab takes one of those that have one name.
        alike = Counter((planned.path, planned.name) for planned in tally.planned.values())
        of_run = self._properties()
        for planned in tally.planned.values():
            suite = suites.get(planned.path)
            if suite is None:
                suite = element(root, "testsuite", name=planned.path)
                suite.set("timestamp", tally.started_at.get(planned.id, tally.begin))
                properties(suite, of_run)
                suites[planned.path] = suite
            cases.add(suite, planned, is_alone=alike[planned.path, planned.name] == 1)
        if tally.limits:
            suites[_LIMITS] = self._limits_suite(root)
        if tally.troubles:
            suites[_INFRASTRUCTURE] = self._troubles_suite(root)
        for suite in suites.values():
            _count(suite)
        _total(root, list(suites.values()))
        ET.indent(root)
        write_whole(self._file, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")

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

    def _limits_suite(self, root: Element) -> Element:
        """Show each limit of the run as a test of its own."""
        suite = self._own_suite(root, _LIMITS)
        for limit in self.tally.limits:
            case = _own_case(suite, "limits", limit.name)
            if limit.outcome is Outcome.FAILED:
                element(case, "failure", message=say_limit(limit), type=limit.outcome.value)
            elif limit.outcome is Outcome.SKIPPED:
                element(case, "skipped", message=say_limit(limit))
        return suite

    def _troubles_suite(self, root: Element) -> Element:
        """Show each trouble as a test that has an error, unless it cost no results."""
        suite = self._own_suite(root, _INFRASTRUCTURE)
        for trouble in self.tally.troubles:
            case = _own_case(suite, "infrastructure", f"{trouble.reason}: {trouble.where}")
            text = "\n".join(part for part in (trouble.message, trouble.hint) if part)
            if trouble.overcome:
                element(case, "system-out", text)
            else:
                message = first_line(trouble.message)
                element(case, "error", text, message=message, type=trouble.reason)
        return suite

    def _own_suite(self, root: Element, name: str) -> Element:
        return element(root, "testsuite", name=name, timestamp=self.tally.begin)


def _own_case(suite: Element, what: str, name: str) -> Element:
    return element(suite, "testcase", classname=f"agentrig.{what}", name=legal(name), time="0.000")


def _count(suite: Element) -> None:
    counts = dict.fromkeys(_COUNTED, 0)
    tests, spent = 0, 0.0
    for case in suite.iterfind("testcase"):
        tests += 1
        spent += float(case.get("time", 0))
        # One alone of them is in a case.
        for child in case:
            if child.tag in counts:
                counts[child.tag] += 1
    suite.set("tests", str(tests))
    for tag, attribute in _COUNTED.items():
        suite.set(attribute, str(counts[tag]))
    suite.set("time", f"{spent:.3f}")


def _total(root: Element, suites: list[Element]) -> None:
    for attribute in ("tests", *_COUNTED.values()):
        root.set(attribute, str(sum(int(suite.get(attribute, 0)) for suite in suites)))
    root.set("time", f"{sum(float(suite.get('time', 0)) for suite in suites):.3f}")
