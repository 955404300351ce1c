"""From a file to checked scenarios, or to all of its mistakes at once."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace
from pydantic import ValidationError

from agentrig.documents import Source
from agentrig.errors import Mistake, ScenarioError
from agentrig.scenario._data import combinations, read_rows, row_label
from agentrig.scenario._load_phases import Room, load_phases
from agentrig.scenario._load_steps import (
    StepLoader,
    StepModels,
    captures_in,
    name_problem,
    raw_steps,
)
from agentrig.scenario._mistakes import mistakes_of
from agentrig.scenario._model import DefinitionFields, ScenarioFields, StrictModel
from agentrig.scenario._names import Names
from agentrig.scenario._phases import PHASES
from agentrig.scenario._scenario import Place, Scenario
from agentrig.scenario._scope import Scope
from agentrig.scenario._template import Template, is_templated

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Iterable, Mapping
    from pathlib import Path

    from agentrig.documents import Document, ReadAhead

__all__ = ["load_scenarios", "load_source"]

# The keys beside the steps that may hold `${...}` of what differs from item to item.
_HEADER = ("name", "agent", "proxy_port", "control_port", "skip", "xfail")
LABEL_CHARACTERS = 40
# An empty one that is made of a set is not the one that Python keeps.
_NOTHING = frozenset[str]()

ModelT = TypeVar("ModelT", bound=StrictModel)


def load_scenarios(
    file: Path,
    models: StepModels,
    *,
    path: str | None = None,
    endpoints: Collection[str],
    ahead: ReadAhead | None = None,
    room: Room | None = None,
) -> tuple[Scenario, ...]:
    """Read and check one file; `endpoints` are the target names that it may use.

    `ahead` may have read it already. Where `room` does not suffice, the steps of a document are
    packed, and made again when they are iterated over.

    Gives one scenario per document, combination of its matrix and row of its data, in this order;
    none for documents with `define`. Raises ScenarioError with every mistake of the file.
    """
    read = ahead.source if ahead else Source.read
    source = read(file, path=path or file.as_posix())
    found = load_source(source, file.parent, models, endpoints=endpoints, room=room)
    source.pack()
    return found


def load_source(
    source: Source,
    folder: Path,
    models: StepModels,
    *,
    endpoints: Collection[str],
    room: Room | None = None,
) -> tuple[Scenario, ...]:
    """Check a file that has been read, as `load_scenarios` does; `folder` is where it lies."""
    documents = source.documents()
    mistakes: list[Mistake] = []
    steps = StepLoader(models, endpoints, mistakes)
    room = room or Room()
    loaders = [_DocumentLoader(document, folder, steps, mistakes, room) for document in documents]
    alone = sum(not loader.is_definition for loader in loaders) == 1
    try:
        found = [scenario for loader in loaders for scenario in loader.load(alone=alone)]
    except RecursionError as error:
        raise source.fault("an alias stands for a value that holds it") from error
    if mistakes:
        mistakes.sort(key=lambda mistake: (mistake.at.path, mistake.at.line, mistake.at.column))
        # A step's key that is no text is a mistake to both models.
        raise ScenarioError(tuple(dict.fromkeys(mistakes)))
    return _with_unique_ids(found)


class _DocumentLoader:
    """Checks one document, and makes the scenarios of it."""

    def __init__(
        self,
        document: Document,
        folder: Path,
        steps: StepLoader,
        mistakes: list[Mistake],
        room: Room,
    ) -> None:
        self._document = document
        self._folder = folder
        self._place = Place(document, (), folder)
        self._steps = steps
        self._mistakes = mistakes
        self._room = room
        self._data: dict[str, Any] = document.data if isinstance(document.data, dict) else {}
        self.is_definition = document.is_definition

    def load(self, *, alone: bool) -> list[Scenario]:
        """Give the document's scenarios; `alone` says that the file has no others."""
        if self.is_definition:
            definition = self._validated(DefinitionFields, self._document.data)
            scope = Scope({"with": definition.with_ if definition else {}})
            load_phases(self._data, self._place, self._steps, scope, Room())
            return []
        templated = [key for key in _HEADER if is_templated(self._data.get(key))]
        fields = self._fields(templated)
        rows = self._rows(fields)
        combined = self._combinations(fields)
        scope = self._scope(combined, rows)
        variables = self._variables(scope)
        if variables:
            scope = scope.below({"vars": tuple(variables)})
        loaded = load_phases(self._data, self._place, self._steps, scope, self._room)
        header = {key: self._header(key, scope) for key in templated}
        if fields is None or self._mistakes:
            return []
        line = 1 if alone else self._document.line
        found: list[Scenario] = []
        for combination in combined or [{}]:
            for number, row in enumerate(rows or [{}], start=1):
                item = fields
                if templated:
                    item = self._filled_in(header, variables, combination, row) or fields
                label = [_label(value) for value in combination.values()]
                label += [row_label(row, number)] if rows else []
                suffix = "" if alone else f"::{item.name}"
                found.append(
                    Scenario(
                        path=self._document.path,
                        line=line,
                        id_suffix=suffix + (f"[{'-'.join(label)}]" if label else ""),
                        name=item.name,
                        agent=item.agent,
                        proxy_port=item.proxy_port,
                        control_port=item.control_port,
                        tags=tuple(item.tags),
                        variables=variables,
                        matrix=combination,
                        data=row,
                        timeout_s=item.timeout,
                        locks=tuple(dict.fromkeys(item.locks)),
                        serial=item.serial,
                        skip=item.skip,
                        xfail=item.xfail,
                        phases=loaded.phases,
                        step_count=loaded.count,
                        endpoints=loaded.endpoints,
                        env=frozenset(scope.env) or _NOTHING,
                        secrets=frozenset(scope.secrets) or _NOTHING,
                        document=self._document,
                    )
                )
        return found

    def _fields(self, templated: Iterable[str]) -> ScenarioFields | None:
        """Validate all keys but those that are no text before they are filled in."""
        data = self._document.data
        if isinstance(data, dict):
            later = {key for key in templated if key.endswith("_port")}
            data = {key: value for key, value in data.items() if key not in later}
        return self._validated(ScenarioFields, data)

    def _validated(self, model: type[ModelT], data: Any) -> ModelT | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self._mistakes += mistakes_of(error, self._document, model=model)
            return None

    def _rows(self, fields: ScenarioFields | None) -> list[dict[str, Any]]:
        if fields is None or fields.data is None:
            return []
        folder = self._document.path.rpartition("/")[0]
        shown = (f"{folder}/" if folder else "") + fields.data
        try:
            return read_rows(self._folder / fields.data, path=shown)
        except ScenarioError as error:
            message = f"'{fields.data}': {error.mistakes[0].message}"
            self._mistake(message, "data")
            # Where the fault lies within the rows, their line helps more.
            if error.mistakes[0].at.text:
                self._mistakes[-1:] = error.mistakes
            return []

    def _combinations(self, fields: ScenarioFields | None) -> list[dict[str, Any]]:
        if fields is None or fields.matrix is None:
            return []
        if is_templated(self._data["matrix"]):
            self._mistake("a matrix holds plain values", "matrix", hint="'${...}' is for steps")
        matrix = fields.matrix
        made = combinations(
            matrix.model_extra or {}, include=matrix.include, exclude=matrix.exclude
        )
        if not made:
            self._mistake("the matrix has no combination left", "matrix")
        return made

    def _scope(self, combined: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Scope:
        roots: dict[str, Collection[str] | None] = {}
        if "matrix" in self._data:
            roots["matrix"] = {name for one in combined for name in one} or None
        if "data" in self._data:
            roots["data"] = {column for row in rows for column in row} or None
        scope = Scope(roots)
        scope.expect_captures(
            name
            for phase in PHASES
            for _, raw in raw_steps(self._data, phase)
            for name in captures_in(raw)
        )
        return scope

    def _variables(self, scope: Scope) -> dict[str, Template | Any]:
        """Find the expressions of the variables, each of which may read those before it."""
        found: dict[str, Template | Any] = {}
        raw = self._data.get("vars")
        for name, value in raw.items() if isinstance(raw, dict) else ():
            if not isinstance(name, str):
                continue
            if problem := name_problem(name):
                self._mistake(problem[0], "vars", name, hint=problem[1], key=True)
            before = scope.below({"vars": tuple(found)})
            found[name] = self._steps.template(value, self._place, before, "vars", name) or value
        return found

    def _header(self, key: str, scope: Scope) -> Template | None:
        template = self._steps.template(self._data[key], self._place, scope, key)
        for expression in template.expressions if template else ():
            if expression.path[0] == "secret":
                self._mistake(f"'{key}' is shown in reports: it cannot hold a secret", key)
        return template

    def _filled_in(
        self,
        header: Mapping[str, Template | None],
        variables: Mapping[str, Any],
        combination: Mapping[str, Any],
        row: Mapping[str, Any],
    ) -> ScenarioFields | None:
        """Fill in the header's expressions from what is known before the run."""
        plain = {
            name: value for name, value in variables.items() if not isinstance(value, Template)
        }
        names = Names(
            {"vars": plain, "matrix": combination, "data": row},
            env=os.environ.get,
            secret=lambda _: None,
        )
        data = dict(self._data)
        for key, template in header.items():
            if template is None:
                continue
            try:
                data[key] = _at_once(template.render(names))
            except ValueError as error:
                self._mistake(str(error), key)
                return None
        return self._validated(ScenarioFields, data)

    def _mistake(
        self, message: str, *location: str, hint: str | None = None, key: bool = False
    ) -> None:
        at = self._document.locate(location, key=key)
        self._mistakes.append(Mistake(message=message, at=at, hint=hint))


def _at_once(rendering: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that has nothing to wait for."""
    try:
        rendering.send(None)
    except StopIteration as done:
        return done.value
    rendering.close()
    raise ValueError("a jq program that may never end cannot stand here")


def _with_unique_ids(found: list[Scenario]) -> tuple[Scenario, ...]:
    """Add numbers to what would be called the same, as two rows with one name."""
    seen: Counter[str] = Counter()
    unique: list[Scenario] = []
    for scenario in found:
        seen[scenario.id_suffix] += 1
        if (count := seen[scenario.id_suffix]) > 1:
            scenario = replace(scenario, id_suffix=f"{scenario.id_suffix}#{count}")  # noqa: PLW2901  # the same one, numbered
        unique.append(scenario)
    return tuple(unique)


def _label(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return " ".join(text.split())[:LABEL_CHARACTERS]
