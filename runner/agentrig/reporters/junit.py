"""`junit.xml`, one suite per file, as CI servers read it.

Written with the standard library's ElementTree: every run ends here, and junitparser, with which
the tests read the file back, takes 40 ms to import.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig.events import Outcome
from agentrig.reporters._files import write_whole
from agentrig.reporters.failure_text import render_failure
from agentrig.reporters.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from agentrig.events import Planned

__all__ = ["JUNIT_FILE", "JunitReporter"]

JUNIT_FILE = "junit.xml"

# XML 1.0, 2.2 Characters: what may not stand in a document, even escaped.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class JunitReporter(Tally):
    """Writes the document when the run is over."""

    def __init__(self, file: Path) -> None:
        """Write to `file` on close."""
        super().__init__()
        self._file = file

    def close(self) -> None:
        """Write the document."""
        from xml.etree import ElementTree as ET  # noqa: PLC0415  # 10 ms, not before the end

        root = ET.Element("testsuites", name="agentrig")
        suites: dict[str, Element] = {}
        for planned in self.planned.values():
            suite = suites.get(planned.path)
            if suite is None:
                suite = suites[planned.path] = ET.SubElement(
                    root, "testsuite", name=_legal(planned.path)
                )
                suite.set("timestamp", self.started_at.get(planned.id, self.begin))
                properties = ET.SubElement(suite, "properties")
                ET.SubElement(properties, "property", name="agentrig.run", value=_legal(self.run))
            case = ET.SubElement(suite, "testcase", _case_attributes(planned))
            self._add_result(case, planned)
        for suite in suites.values():
            _count(suite)
        _total(root, list(suites.values()))
        ET.indent(root)
        write_whole(self._file, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")

    def _add_result(self, case: Element, planned: Planned) -> None:
        result = self.results.get(planned.id)
        outcome = result.outcome if result else Outcome.NOT_RUN
        case.set("time", f"{result.elapsed_ms / 1000 if result else 0:.3f}")
        message = (result.message if result else None) or outcome.value.replace("_", " ")
        tag = {
            Outcome.FAILED: "failure",
            Outcome.ERROR: "error",
            Outcome.INTERRUPTED: "error",
            Outcome.SKIPPED: "skipped",
            Outcome.NOT_RUN: "skipped",
        }.get(outcome)
        if tag is None:
            return
        element = case.makeelement(tag, {"message": _legal(message.splitlines()[0])})
        case.append(element)
        if tag != "skipped":
            element.set("type", outcome.value)
        if result:
            element.text = _legal(render_failure(result, self.bad_steps.get(planned.id)))


def _case_attributes(planned: Planned) -> dict[str, str]:
    path = _legal(planned.path)
    return {
        "classname": re.sub(r"\.(ya?ml|py)$", "", path).replace("/", "."),
        "name": _legal(planned.name),
        "file": path,
        "line": str(planned.line),
    }


def _count(suite: Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _total(root: Element, suites: list[Element]) -> None:
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, 0)) for suite in suites)))
    root.set("time", f"{sum(float(suite.get('time', 0)) for suite in suites):.3f}")


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
