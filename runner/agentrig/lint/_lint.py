"""All that is wrong with one file: what loading finds, or what the rules do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.documents import Source
from agentrig.errors import Mistake, ScenarioError
from agentrig.lint._cannot_fail import cannot_fail
from agentrig.lint._finding import MISTAKE, Finding
from agentrig.lint._ignores import Ignores
from agentrig.lint._literal_secrets import hide_secrets, literal_secrets
from agentrig.lint._missing_files import missing_files
from agentrig.lint._no_checks import has_checks
from agentrig.lint._unused_names import unused_names
from agentrig.lint._walk import LintedDocument, read_step, values_below
from agentrig.scenario import load_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from agentrig.documents import Document
    from agentrig.scenario import Scenario
    from agentrig.steps import StepKinds

__all__ = ["lint_file"]

_PHASES = ("setup", "steps", "teardown")


def lint_file(
    file: Path, kinds: StepKinds, *, endpoints: Collection[str], ignore: Collection[str] = ()
) -> list[Finding]:
    """Find what is wrong with a file, in its order; `ignore` names rules to leave out.

    The rules judge a file that `run` would accept: one with mistakes has only these.
    """
    try:
        source = Source.read(file, path=file.as_posix())
        scenarios = load_source(source, file.parent, kinds, endpoints=endpoints)
    except ScenarioError as error:
        return [Finding(MISTAKE, mistake) for mistake in error.mistakes]
    ignores = Ignores(source)
    found = list(ignores.mistakes())
    for document in source.documents():
        found += _judged(_linted(document, file.parent, kinds))
    found += _unchecked(scenarios)
    kept = [one for one in found if one.rule not in ignore and not ignores.covers(one)]
    return sorted(hide_secrets(kept), key=lambda one: (one.mistake.at.line, one.mistake.at.column))


def _linted(document: Document, folder: Path, kinds: StepKinds) -> LintedDocument:
    data = document.data
    steps = [
        read_step(raw, None if "uses" in raw else kinds.model_for(raw), (phase, index))
        for phase in _PHASES
        for index, raw in enumerate(data.get(phase) or ())
    ]
    return LintedDocument(
        document=document,
        data=data,
        values=tuple(values_below(data)),
        folder=folder,
        steps=steps,
    )


def _judged(document: LintedDocument) -> Iterator[Finding]:
    yield from literal_secrets(document)
    for rule, problems in (
        ("cannot-fail", cannot_fail(document)),
        ("missing-file", missing_files(document)),
        ("unused-name", unused_names(document)),
    ):
        for location, message, hint in problems:
            is_value = isinstance(location[-1], int) or rule == "missing-file"
            at = document.document.locate(location, key=not is_value)
            yield Finding(rule, Mistake(message=message, at=at, hint=hint))


def _unchecked(scenarios: Iterable[Scenario]) -> Iterator[Finding]:
    seen: set[int] = set()
    for scenario in scenarios:
        index = scenario.document.index
        # One that must fail checks that it does: by a time limit, say.
        if index in seen or scenario.xfail or has_checks(scenario.phases):
            continue
        seen.add(index)
        at = scenario.locate(("steps",), key=True)
        hint = "add 'expect: {status: 200}' to a step"
        message = "nothing is checked: the scenario passes whatever is answered"
        yield Finding("no-checks", Mistake(message=message, at=at, hint=hint))
