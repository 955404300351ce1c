"""The page: what stands where, and the words between the tables."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from agentrig.checks import PLAIN, SELECTING, matchers
from agentrig.cli.run import run
from agentrig.lint import RULES
from agentrig.scenario import ROOTS, scenario_schema
from agentrig.steps import DEFAULT_KIND, Step, step_kinds
from reference.examples import document, files
from reference.judgements import JUDGEMENTS
from reference.keys import KeyTables, table

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EXAMPLES", "reference"]

Schema = dict[str, Any]

# Which documents of the examples a section shows: the file's number, and the document's place.
EXAMPLES: dict[str, tuple[tuple[int, int], ...]] = {
    "matrix": ((6, 0),),
    "data": ((7, 0),),
    "tags": ((12, 0), (12, 2)),
    "locks": ((13, 0),),
    "phases": ((10, 0),),
    "define": ((9, 0), (9, 1)),
    "loops": ((8, 0),),
    "repeat": ((11, 0),),
    "http": ((14, 0), (15, 0), (15, 1)),
    "auth": ((16, 0),),
    "tls": ((17, 0), (17, 1)),
    "expect": ((1, 0),),
    "stream": ((18, 0),),
    "chat": ((19, 0), (19, 1), (19, 2)),
    "kubernetes": ((22, 0),),
    "python": ((21, 0),),
    "wait": ((20, 0),),
    "captures": ((3, 0),),
    "checks": ((4, 0),),
    "matchers": ((5, 2), (5, 4)),
    "names": ((2, 0),),
}
_BLANK_LINES = re.compile(r"\n{3,}")
_EXIT_CODE = re.compile(r"(\d) ([^,.]+)")


def reference() -> str:
    """Write the whole page."""
    return _BLANK_LINES.sub("\n\n", "".join(_page()))


def _page() -> Iterator[str]:
    kinds = step_kinds()
    models = {name: kinds.kind(name).model for name in kinds.names}
    tables = KeyTables(scenario_schema(models, default=DEFAULT_KIND)["$defs"])
    yield _HEAD
    yield from _documents(tables)
    yield from _steps(tables)
    yield from _kinds(tables)
    yield from _checks()
    yield from _rest()


def _documents(tables: KeyTables) -> Iterator[str]:
    yield "\n## Scenarios\n\n" + _SCENARIOS
    yield from tables.sections("ScenarioFields", level=3)
    yield from _shown("matrix", "data", "tags", "locks", "phases")
    yield "\n## Reused steps\n\n" + _REUSED
    yield from tables.sections("DefinitionFields", level=3)
    yield "\nA step that uses them, besides `name`, `if` and `foreach`:\n\n"
    yield from tables.sections("UsesStep", keys=("uses", "with"))
    yield from _shown("define")


def _steps(tables: KeyTables) -> Iterator[str]:
    yield "\n## Steps\n\n" + _STEPS
    yield from tables.sections("HttpStep", keys=_common(tables), level=3)
    yield from _shown("loops", "repeat", "captures")


def _kinds(tables: KeyTables) -> Iterator[str]:
    yield "\n## Kinds of step\n\n" + _KINDS
    request = tables.keys("HttpStep")
    kinds = step_kinds()
    ordered = [DEFAULT_KIND, *(name for name in kinds.names if name != DEFAULT_KIND)]
    for name in ordered:
        kind = kinds.kind(name)
        model = kind.model.__name__
        own = [key for key in tables.keys(model) if key not in _common(tables)]
        if name != DEFAULT_KIND:
            shared = [key for key in own if tables.keys(model)[key] == request.get(key)]
            own = [key for key in own if key not in shared]
        yield f"\n### {name}\n\n{kind.model.__doc__}\n\n"
        yield f"`jq` reads {kind.gives}.\n\n"
        if name != DEFAULT_KIND and shared:
            yield f"Of [http](#http): {', '.join(f'`{key}`' for key in shared)}. Besides:\n\n"
        yield from tables.sections(model, keys=own, kind=name)
        yield from _shown(*(("http", "auth", "tls", "expect") if name == "http" else (name,)))


def _common(tables: KeyTables) -> list[str]:
    """List the keys that steps of all kinds have."""
    of_kinds = {field.alias or name for name, field in Step.model_fields.items()} - {"expect"}
    return [key for key in tables.keys("HttpStep") if key in of_kinds]


def _checks() -> Iterator[str]:
    yield "\n## Checks\n\n" + _CHECKS
    yield from _shown("checks")
    yield "\n### Subjects\n\n"
    rows = [(f"`{name}: ...`", about, "in the check itself") for name, about in SELECTING.items()]
    rows += [(f"`{name}`", about, f"below `{name}`") for name, about in PLAIN.items()]
    yield table(("subject", "what it is", "matchers stand"), rows)
    yield "\n### Matchers\n\n" + _MATCHERS
    registry = matchers()
    yield table(
        ("matcher", "meaning", "holds for", "does not hold for"),
        [
            (f"`{name}: {_yaml(one.operand)}`", registry.matcher(name).about, *sides)
            for name, one in JUDGEMENTS.items()
            for sides in [(_values(one.holds), _values(one.fails))]
        ],
    )
    yield from _shown("matchers")


def _rest() -> Iterator[str]:
    yield "\n## Names\n\n" + _NAMES
    yield table(("`${...}`", "what it is"), [(f"`{name}`", about) for name, about in ROOTS.items()])
    yield from _shown("names")
    yield "\n## Durations and sizes\n\n" + _UNITS
    yield "\n## Rules of lint\n\n" + _RULES
    yield table(("rule", "what it finds"), [(f"`{rule}`", about) for rule, about in RULES.items()])
    yield "\n## Exit codes\n\n"
    codes = (run.help or "").partition("Exit codes:")[2]
    found = _EXIT_CODE.findall(" ".join(codes.split()))
    yield table(("exit code", "meaning"), [(code, meaning) for code, meaning in found])
    yield "\n## All examples\n\n"
    for file in files():
        first = file.read_text("utf-8").splitlines()
        name = next(line.removeprefix("name: ") for line in first if line.startswith("name: "))
        yield f"- [{file.name}](../scenarios/examples/{file.name}): {name}\n"


def _shown(*sections: str) -> Iterator[str]:
    """Write the examples of sections; their files say in comments what is to be seen."""
    for section in sections:
        for number, index in EXAMPLES.get(section, ()):
            name, text = document(number, index)
            yield f"\n[{name}](../scenarios/examples/{name}):\n\n```yaml\n{text}```\n"


def _yaml(value: Any) -> str:
    """Write a value as it can stand in a file: JSON is YAML, and plain words need no quotes."""
    if isinstance(value, str) and value.isidentifier():
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _values(values: tuple[Any, ...]) -> str:
    return ", ".join(f"`{json.dumps(value, ensure_ascii=False)}`" for value in values)


_HEAD = """# Reference

All keys of the language, made from the models that check the files by `make generate`. The
[guide](scenarios.md) tells how they are used; `agentrig schema` gives the same to editors. Every
example here is run by the tests.
"""

_SCENARIOS = """A file holds one document or several, between `---` lines. Each is a scenario, or
with `define` steps that others reuse. A file whose name ends in `.data.yaml` holds rows of data, one
that ends in `.manifest.yaml` Kubernetes objects, and `agentrig.yaml` is configuration. Unknown keys
are mistakes.

`${...}` may stand in `name`, `agent`, `proxy_port`, `control_port`, `skip`, `xfail` and `vars`, as
far as what it reads is known before the run, and anywhere in steps.

"""
_REUSED = """A document with `define` is no scenario: `uses: path#name` in a step of another
document puts its steps in that place. They read their inputs as `${with.name}`, and nothing of
the scenario that uses them; what they capture is there for the steps that follow.

"""
_STEPS = """Steps run in their order, and a scenario ends at the first that does not pass; its
teardown runs in any case. The kind of a step follows from its keys (`stream`, `chat`,
`kubernetes`, `python`, `wait`), and is `http` without any of them. Steps of all kinds have these
keys, and `expect`:

"""
_KINDS = """A scalar is text, a number, true or false. Another package [adds a kind](extending.md) by an entry
point of the group `agentrig.steps`.

"""
_CHECKS = """`expect.checks` of a step is a list. A check says what it is about, its subject, and
what must hold of that, its matchers; all of them must hold. They are made in their order, up to
the first that fails, after the checks that the kind's own keys ask for. `capture` names subjects
whose values later steps read; one that is not there, or is null, fails the step.
"""
_MATCHERS = """They compare as JSON does: `true` is not 1, `"1"` is not 1, and 1 equals 1.0. What a
matcher cannot judge, such as text by `gt`, does not hold, and does not hold under `not` either.
What is not there holds for none but `exists: false`, or `not` of it. Another package [adds
a matcher](extending.md) by an entry point of the group `agentrig.matchers`.

"""
_NAMES = """`${name}` or `${name.key[0]}` reads a value, `${name | program}` gives it to a jq
program. A value that is one whole `${...}` keeps its type; within a text, what is no text is
written as JSON. `$${` is a literal `${`. A name that is not there is an error, but null to a
program: `${env.REGION | . // "eu"}`. jq programs of checks and captures read the same as `$name`.
`vars` read the variables before them.

"""
_UNITS = """A duration is a number and its unit: `250ms`, `10s`, `1.5m`, `1h`, `7d`. So is a size:
`100B`, `64KiB`, `1MiB`, `10MB`, `1GiB`. The longest is `36500d`, the largest `1048576GiB`.
"""
_RULES = """What `run` accepts and `agentrig lint` does not. `--ignore RULE` leaves a rule out, and
so does a comment, on the line or above it: `# agentrig: ignore[RULE] why`.

"""
