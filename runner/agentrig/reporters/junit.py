"""`junit.xml`, one suite per file, as CI servers read it.

Written with the standard library's ElementTree: every run ends here, and junitparser, with which
the tests read the file back, takes 40 ms to import.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig.events import Outcome
from agentrig.reporters._files import write_whole
from agentrig.reporters._words import say_iterations, say_latency, say_limit
from agentrig.reporters.failure_text import render_failure
from agentrig.reporters.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from agentrig.events import Planned

__all__ = ["JUNIT_FILE", "JunitReporter"]

JUNIT_FILE = "junit.xml"

_TAGS = {
    Outcome.FAILED: "failure",
    Outcome.ERROR: "error",
    Outcome.INTERRUPTED: "error",
    Outcome.SKIPPED: "skipped",
    Outcome.NOT_RUN: "skipped",
}
_LIMITS = "limits of the run"
_INFRASTRUCTURE = "infrastructure"

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
                for name, value in self._properties().items():
                    ET.SubElement(properties, "property", name=name, value=_legal(value))
            case = ET.SubElement(suite, "testcase", _case_attributes(planned))
            self._add_result(case, planned)
        if self.limits:
            suites[_LIMITS] = self._limits_suite(root)
        if self.troubles:
            suites[_INFRASTRUCTURE] = self._troubles_suite(root)
        for suite in suites.values():
            _count(suite)
        _total(root, list(suites.values()))
        ET.indent(root)
        write_whole(self._file, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")

    def _properties(self) -> dict[str, str]:
        """Name the run, and where its files came from if they were fetched."""
        found = {"agentrig.run": self.run}
        source = self.started.source if self.started else None
        if source:
            fields = {name: getattr(source, name) for name in source.__struct_fields__}
            found |= {f"agentrig.source.{name}": str(v) for name, v in fields.items() if v}
        return found

    def _add_result(self, case: Element, planned: Planned) -> None:
        result = self.results.get(planned.id)
        outcome = result.outcome if result else Outcome.NOT_RUN
        case.set("time", f"{result.elapsed_ms / 1000 if result else 0:.3f}")
        message = (result.message if result else None) or outcome.value.replace("_", " ")
        if tag := _TAGS.get(outcome):
            element = _element(case, tag, message)
            if tag != "skipped":
                element.set("type", outcome.value)
            if result:
                element.text = _legal(render_failure(result, self.bad_step(planned.id)))
        if result and result.iterations:
            latency = result.iterations.latency
            text = say_iterations(result.iterations)
            _element(case, "system-out").text = (
                f"{text}; steps: {say_latency(latency)}" if latency else text
            )
        elif result:
            self._add_executions(case, planned, flaky=result.flaky)

    def _add_executions(self, case: Element, planned: Planned, *, flaky: bool) -> None:
        # Maven Surefire, surefire-test-report.xsd: flakyFailure of a test that passed in the end,
        # rerunFailure of one that did not.
        for execution in self.executions.get(planned.id, ()):
            finished = execution.finished
            kind = "Error" if finished.outcome is Outcome.ERROR else "Failure"
            message = finished.message or finished.outcome.value
            element = _element(case, ("flaky" if flaky else "rerun") + kind, message)
            element.set("type", finished.outcome.value)
            _element(element, "stackTrace").text = _legal(render_failure(finished, execution.step))

    def _limits_suite(self, root: Element) -> Element:
        """Show each limit of the run as a test of its own."""
        suite = self._own_suite(root, _LIMITS)
        for limit in self.limits:
            case = _own_case(suite, "limits", limit.name)
            if limit.outcome is Outcome.FAILED:
                _element(case, "failure", say_limit(limit)).set("type", limit.outcome.value)
            elif limit.outcome is Outcome.SKIPPED:
                _element(case, "skipped", say_limit(limit))
        return suite

    def _troubles_suite(self, root: Element) -> Element:
        """Show each trouble as a test that has an error, unless it cost no results."""
        suite = self._own_suite(root, _INFRASTRUCTURE)
        for trouble in self.troubles:
            case = _own_case(suite, "infrastructure", f"{trouble.reason}: {trouble.where}")
            text = "\n".join(part for part in (trouble.message, trouble.hint) if part)
            if trouble.overcome:
                _element(case, "system-out").text = _legal(text)
            else:
                error = _element(case, "error", trouble.message)
                error.set("type", _legal(trouble.reason))
                error.text = _legal(text)
        return suite

    def _own_suite(self, root: Element, name: str) -> Element:
        suite = _element(root, "testsuite")
        suite.set("name", name)
        suite.set("timestamp", self.begin)
        return suite


def _own_case(suite: Element, what: str, name: str) -> Element:
    case = _element(suite, "testcase")
    case.set("classname", f"agentrig.{what}")
    case.set("name", _legal(name))
    case.set("time", "0.000")
    return case


def _element(parent: Element, tag: str, message: str | None = None) -> Element:
    attributes = {} if message is None else {"message": _legal((message.splitlines() or [""])[0])}
    element = parent.makeelement(tag, attributes)
    parent.append(element)
    return element


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
