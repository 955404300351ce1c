"""The test cases of `junit.xml`: one for each scenario of the plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentrig._redact import cut
from agentrig.events import Outcome
from agentrig.reporters._attachments import attachment_tag
from agentrig.reporters._text_budget import TextBudget
from agentrig.reporters._words import say_iterations, say_latency, say_number
from agentrig.reporters._xml import element, first_line, properties
from agentrig.reporters.failure_text import render_cause, render_exchange

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from agentrig.events import Planned, ScenarioFinished
    from agentrig.reporters.tally import Tally

__all__ = ["JunitCases"]

_TAGS = {
    Outcome.FAILED: "failure",
    Outcome.ERROR: "error",
    Outcome.INTERRUPTED: "error",
    Outcome.SKIPPED: "skipped",
    Outcome.NOT_RUN: "skipped",
}
# In which order Surefire's schema (surefire-test-report.xsd) wants them.
_ORDER = (
    *("properties", "failure", "rerunFailure", "flakyFailure", "skipped"),
    *("error", "rerunError", "flakyError", "system-out"),
)

# GitLab takes no file of 30 MB, and its parser no text of 10 MB. A character is 5 bytes at most,
# but for those beyond the basic plane: `&amp;`, or the entity of a quote.
_TOTAL_TEXT, _EACH_TEXT, _LEAST_TEXT = 4_000_000, 100_000, 200
_MESSAGE = 1_000
_NAME = 500
# What an artifact, a tag or a metric adds is for people to read.
_MOST_PROPERTIES = 50
_MOST_ATTACHMENTS = 20


class JunitCases:
    """Adds cases to suites, until their texts take all the room there is."""

    def __init__(self, tally: Tally, *, results: Path) -> None:
        """Tell what `tally` knows; artifacts lie below `results`."""
        self._tally = tally
        self._results = results
        self._texts = TextBudget(_TOTAL_TEXT, each=_EACH_TEXT, least=_LEAST_TEXT)

    def add(self, suite: Element, planned: Planned, *, is_alone: bool) -> None:
        """Add the case of a scenario; `is_alone` says that no other one of its file has its name."""
        result = self._tally.results.get(planned.id)
        name = planned.name if is_alone else _distinct_name(planned)
        case = element(
            suite,
            "testcase",
            classname=re.sub(r"\.(ya?ml|py)$", "", planned.path).replace("/", "."),
            name=cut(name, _NAME),
            file=planned.path,
            line=str(planned.line),
            time=f"{result.elapsed_ms / 1000 if result else 0:.3f}",
        )
        properties(case, self._properties(planned)[:_MOST_PROPERTIES])
        self._add_outcome(case, planned, result)
        output = self._output(planned, result)
        if output:
            element(case, "system-out", output)
        case[:] = sorted(case, key=lambda one: _ORDER.index(one.tag))

    def _add_outcome(
        self, case: Element, planned: Planned, result: ScenarioFinished | None
    ) -> None:
        outcome = result.outcome if result else Outcome.NOT_RUN
        message = (result.message if result else None) or outcome.value.replace("_", " ")
        if tag := _TAGS.get(outcome):
            step = self._tally.bad_step(planned.id)
            text = self._texts.cut(render_cause(result, step)) if result else None
            of_kind = {} if tag == "skipped" else {"type": outcome.value}
            element(case, tag, text, message=_short(message), **of_kind)
        if result and not result.iterations:
            self._add_executions(case, planned, flaky=result.flaky)

    def _add_executions(self, case: Element, planned: Planned, *, flaky: bool) -> None:
        # Of Surefire's schema: flakyFailure of a test that passed in the end, rerunFailure of one
        # that did not.
        for execution in self._tally.executions.get(planned.id, ()):
            finished = execution.finished
            kind = "Error" if finished.outcome is Outcome.ERROR else "Failure"
            again = element(
                case,
                ("flaky" if flaky else "rerun") + kind,
                message=_short(finished.message or finished.outcome.value),
                type=finished.outcome.value,
            )
            cause = render_cause(finished, execution.step)
            element(again, "stackTrace", self._texts.cut(cause))
            if exchange := render_exchange(execution.step):
                element(again, "system-out", self._texts.cut(exchange))

    def _properties(self, planned: Planned) -> list[tuple[str, str]]:
        found = [("agentrig.tag", cut(tag, _NAME)) for tag in planned.tags]
        if planned.id in self._tally.shard_of:
            found.append(("agentrig.shard", str(self._tally.shard_of[planned.id])))
        return found + [
            (f"agentrig.metric.{cut(one.name, _NAME)}", say_number(one.value, one.unit))
            for one in self._tally.metrics.get(planned.id, ())
        ]

    def _output(self, planned: Planned, result: ScenarioFinished | None) -> str:
        """Say what was measured, what went over the wire, and what was left behind."""
        parts = []
        if result and result.iterations:
            latency = result.iterations.latency
            times = f"; steps: {say_latency(latency)}" if latency else ""
            parts.append(say_iterations(result.iterations) + times)
        if result and result.outcome not in {Outcome.PASSED, Outcome.SKIPPED}:
            exchange = render_exchange(self._tally.bad_step(planned.id))
            parts += [self._texts.cut(exchange)] if exchange else []
        artifacts = self._tally.artifacts.get(planned.id, ())[:_MOST_ATTACHMENTS]
        tags = (attachment_tag(self._results, one.path) for one in artifacts)
        return "\n".join([*parts, *filter(None, tags)])


def _distinct_name(planned: Planned) -> str:
    """Name what has a name in common with others by what sets its identity apart."""
    return f"{planned.name} {planned.id.removeprefix(planned.path)}"


def _short(message: str) -> str:
    return cut(first_line(message), _MESSAGE)
