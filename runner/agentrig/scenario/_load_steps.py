"""From the steps of a document to definitions that can be executed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from agentrig.documents import Source
from agentrig.errors import Mistake, ScenarioError, UsageError
from agentrig.scenario._controls import StepControls, UsesStep
from agentrig.scenario._mistakes import closest, mistakes_of
from agentrig.scenario._model import DefinitionFields
from agentrig.scenario._names import ROOTS
from agentrig.scenario._scenario import Place, StepDefinition, StepGroup, StepNode
from agentrig.scenario._scope import Scope
from agentrig.scenario._template import TemplateSyntaxError, compile_template, is_templated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from agentrig.documents import Document
    from agentrig.scenario._template import Template

__all__ = ["StepLoader", "StepModels", "captures_in", "raw_steps"]

_CONTROL_KEYS = {field.alias or name: name for name, field in StepControls.model_fields.items()}
# They are filled in before the rest of the step, which may read what they give.
_FIRST = frozenset({"if", "foreach"})
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)  # what jq takes as `$name`


class StepModels(Protocol):
    """Who knows which kinds of step there are: the registry of the steps layer."""

    def model_for(self, step: Mapping[str, Any]) -> type[StepControls]:
        """Choose the model of a step by its keys. Raises UsageError when its kind is broken."""


def raw_steps(data: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """List the steps that can be checked even where other parts of the file are wrong."""
    steps = data.get(key) if isinstance(data, dict) else None
    if isinstance(steps, list):
        yield from ((index, step) for index, step in enumerate(steps) if isinstance(step, dict))


def captures_in(raw: Mapping[str, Any]) -> list[str]:
    """List the names that a step captures."""
    capture = raw.get("capture")
    return [name for name in capture if isinstance(name, str)] if isinstance(capture, dict) else []


class StepLoader:
    """Checks steps; what is wrong goes into `mistakes`."""

    def __init__(
        self,
        models: StepModels,
        endpoints: Collection[str],
        mistakes: list[Mistake],
        *,
        documents: dict[Path, list[Document]] | None = None,
    ) -> None:
        """`endpoints` are the target names to know; `documents` those of files that others use."""
        self.models = models
        self.endpoints = endpoints
        self.documents = {} if documents is None else documents
        """What was read of files whose steps are reused."""
        self._mistakes = mistakes
        self._using: list[str] = []
        self._step_context: dict[str, Any] = {}

    def load(
        self,
        data: Any,
        document: Document,
        folder: Path,
        key: str,
        scope: Scope,
        *,
        first: int = 0,
    ) -> Iterator[StepNode]:
        """Check the steps below `key` of `data`, one after the other; captures go into `scope`.

        `first` is the index, within the document, of the first of them.
        """
        # A file without an expression need not be searched for them step by step.
        templated = document.source.is_templated
        for index, raw in raw_steps(data, key):
            place = Place(document, (key, first + index), folder)
            load = self._group if "uses" in raw else self._definition
            node = load(raw, place, scope, templated=templated)
            if "capture" in raw:
                self._check_captures(raw, place)
                scope.capture(captures_in(raw))
            if node:
                yield node

    def template(
        self, value: Any, place: Place, scope: Scope, *within: str | int
    ) -> Template | None:
        """Find the expressions of a value, which stands at `within` of its place."""
        try:
            template = compile_template(value)
        except TemplateSyntaxError as error:
            location = (*place.location, *within, *error.within)
            at = place.document.locate_text(location, error.offset, error.length)
            self._mistakes.append(Mistake(message=str(error), at=at, hint=error.hint))
            return None
        for expression in template.expressions if template else ():
            problem = scope.problem(expression)
            names = expression.query.names if expression.query else frozenset()
            if problem is None and (unknown := names - scope.jq_names):
                name = min(unknown)
                problem = f"unknown name '${name}'", closest(name, scope.jq_names)
            if problem:
                at = place.locate_expression(expression, within)
                self._mistakes.append(Mistake(message=problem[0], at=at, hint=problem[1]))
        return template

    def _definition(
        self, raw: dict[str, Any], place: Place, scope: Scope, *, templated: bool
    ) -> StepDefinition | None:
        try:
            model = self.models.model_for(raw)
        except UsageError as error:
            self._mistakes.append(Mistake(message=str(error), at=place.locate()))
            return None
        condition, elements, inner, templated = self._controlled(
            raw, place, scope, templated=templated
        )
        rest = {key: value for key, value in raw.items() if key not in _FIRST} if templated else raw
        template = self.template(rest, place, inner) if templated else None
        context = self._context_of(inner.jq_names, place.folder)
        ready, bad = self._validated(model, raw, place, context)
        if bad:
            return None
        controls = ready
        if template is not None:
            ready = None
            controls, _ = self._validated(
                StepControls, {key: raw[key] for key in _CONTROL_KEYS if key in raw}, place, {}
            )
        if controls is None:
            return None
        return StepDefinition(
            place=place,
            model=model,
            controls=controls,
            ready=ready,
            template=template,
            condition=condition,
            elements=elements,
            context=context,
        )

    def _context_of(self, names: frozenset[str], folder: Path) -> Mapping[str, Any]:
        """Give what a step is validated with: mostly the same as the one before it."""
        last = self._step_context
        if last.get("names") is not names or last.get("folder") is not folder:
            self._step_context = {
                "endpoints": self.endpoints,
                "names": names,
                "folder": folder,
            }
        return self._step_context

    def _group(
        self, raw: dict[str, Any], place: Place, scope: Scope, *, templated: bool
    ) -> StepGroup | None:
        condition, elements, inner, _ = self._controlled(raw, place, scope, templated=templated)
        step, bad = self._validated(UsesStep, raw, place, {})
        if bad or not isinstance(step, UsesStep):
            return None
        given = step.with_
        template = self.template(given, place, inner, "with")
        found = self._find(step.uses, place)
        if found is None:
            return None
        document, folder = found
        try:
            fields = DefinitionFields.model_validate(document.data)
        except ValidationError as error:
            self._mistakes += mistakes_of(error, document, model=DefinitionFields)
            return None
        self._check_inputs(given, fields.with_, place)
        label = f"{document.path}#{fields.define}"
        if label in self._using:
            cycle = " → ".join([*self._using[self._using.index(label) :], label])
            self._mistakes.append(
                Mistake(message=f"these steps use themselves: {cycle}", at=place.locate(("uses",)))
            )
            return None
        own = Scope({"with": fields.with_})
        own.expect_captures(
            name for _, step in raw_steps(document.data, "steps") for name in captures_in(step)
        )
        self._using.append(label)
        steps = tuple(self.load(document.data, document, folder, "steps", own))
        self._using.pop()
        scope.capture(own.captured)
        scope.env |= own.env
        scope.secrets |= own.secrets
        inputs = {**fields.with_, **given}
        return StepGroup(
            place=place,
            controls=step,
            condition=condition,
            elements=elements,
            inputs=inputs,
            template=compile_template(inputs) if template else None,
            steps=steps,
        )

    def _controlled(
        self, raw: Mapping[str, Any], place: Place, scope: Scope, *, templated: bool
    ) -> tuple[Template | None, Template | None, Scope, bool]:
        """Read `if` and `foreach`; give also the scope of the rest, and whether it is templated."""
        if not templated:
            return None, None, scope if "foreach" not in raw else _looping(scope), False
        elements = self.template(raw.get("foreach"), place, scope, "foreach")
        inner = _looping(scope) if "foreach" in raw else scope
        condition = self.template(raw.get("if"), place, inner, "if")
        templated = any(is_templated(value) for key, value in raw.items() if key not in _FIRST)
        return condition, elements, inner, templated

    def _validated(
        self, model: type[StepControls], raw: Any, place: Place, context: Mapping[str, Any]
    ) -> tuple[StepControls | None, bool]:
        """Give the model, and whether the step has mistakes; neither where it must be filled in."""
        try:
            return model.model_validate(raw, context=context), False
        except ValidationError as error:
            found = mistakes_of(
                error,
                place.document,
                model=model,
                within=place.location,
                later=lambda location: is_templated(_value_at(raw, location)),
            )
            self._mistakes += found
            return None, bool(found)

    def _find(self, uses: str, place: Place) -> tuple[Document, Path] | None:
        """Find the document that `path#name` means."""
        path, _, name = uses.rpartition("#")
        file = place.folder / path
        try:
            documents = self._read(file, place) if path else place.document.source.documents()
        except ScenarioError as error:
            at = place.locate(("uses",))
            if all(mistake.at.text == "" for mistake in error.mistakes):
                message = f"'{path}': {error.mistakes[0].message}"
                self._mistakes.append(Mistake(message=message, at=at))
            else:
                self._mistakes += error.mistakes
            return None
        defined = {str(one.data["define"]): one for one in documents if one.is_definition}
        if name in defined:
            return defined[name], file.parent if path else place.folder
        known = f"defined there: {', '.join(defined)}" if defined else "no document has 'define'"
        self._mistakes.append(
            Mistake(
                message=f"'{path or place.document.path}' defines no '{name}'",
                at=place.locate(("uses",)),
                hint=closest(name, defined) or known,
            )
        )
        return None

    def _read(self, file: Path, place: Place) -> list[Document]:
        resolved = file.resolve()
        if resolved not in self.documents:
            folder = place.document.path.rpartition("/")[0]
            shown = (f"{folder}/" if folder else "") + file.relative_to(place.folder).as_posix()
            self.documents[resolved] = _reused(file, shown, _stamp(file))
        return self.documents[resolved]

    def _check_inputs(
        self, given: Mapping[str, Any], inputs: Mapping[str, Any], place: Place
    ) -> None:
        for name in given.keys() - inputs.keys():
            known = f"known: {', '.join(inputs)}" if inputs else "it takes none"
            self._mistakes.append(
                Mistake(
                    message=f"unknown input '{name}'",
                    at=place.locate(("with", name), key=True),
                    hint=closest(name, inputs) or known,
                )
            )
        for name, default in inputs.items():
            if default is None and name not in given:
                message = f"the input '{name}' is missing"
                hint = f"add 'with: {{{name}: ...}}'"
                self._mistakes.append(
                    Mistake(message=message, at=place.locate(("uses",)), hint=hint)
                )

    def _check_captures(self, raw: Mapping[str, Any], place: Place) -> None:
        for name in captures_in(raw):
            problem = name_problem(name)
            if problem:
                at = place.locate(("capture", name), key=True)
                self._mistakes.append(Mistake(message=problem[0], at=at, hint=problem[1]))


def name_problem(name: str) -> tuple[str, str] | None:
    """Say why a variable or a capture cannot be called so, and what to do, if it cannot."""
    if name in ROOTS:
        return f"the name '{name}' is taken", f"taken: {', '.join(sorted(ROOTS))}"
    if not _VARIABLE.fullmatch(name):
        return f"'{name}' is no name", "letters, digits and '_', so that jq can read it as $name"
    return None


@lru_cache(maxsize=256)
def _reused(file: Path, shown: str, stamp: tuple[int, ...]) -> list[Document]:  # noqa: ARG001  # of the file that was read
    """Read a file that others use, once for all of them. Raises ScenarioError."""
    source = Source.read(file, path=shown)
    documents = source.documents()
    source.pack()
    return documents


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return ()  # whoever reads it says so
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _looping(scope: Scope) -> Scope:
    return scope.below({"item": None, "index": ()})


def _value_at(raw: Any, location: Sequence[Any]) -> Any:
    """Follow a location as far as it goes."""
    for part in location:
        if (isinstance(raw, dict) and part in raw) or (
            isinstance(raw, list) and isinstance(part, int) and part < len(raw)
        ):
            raw = raw[part]
        else:
            break
    return raw
