"""Somebody else's matcher: a distribution with an entry point, and the real command line."""

from __future__ import annotations

import json
import os
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from agentrig.checks import GROUP, MatcherRegistry, matchers
from agentrig.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.agent_server import AgentServer
    from tests.support.rig import Rig

MATCHER = '''
"""The matcher `divisible_by`."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from agentrig.checks import CannotMatchError, Matcher

Path("imported").touch()


def problem(actual: Any, operand: int) -> str | None:
    if not isinstance(actual, int):
        raise CannotMatchError("expected a whole number")
    return None if actual % operand == 0 else f"expected a multiple of {operand}, got {actual}"


MATCHER = Matcher(
    operand=Annotated[int, Field(gt=0)],
    problem=problem,
    about="The number is a multiple of this.",
    example="{jq: .score, divisible_by: 5}",
)
'''


@pytest.fixture
def site(rig: Rig) -> Path:
    """Install nothing yet: give the folder that the processes of `rig` import from."""
    folder = rig.folder / "site"
    folder.mkdir()
    above = os.environ.get("PYTHONPATH")
    rig.environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), above]))
    return folder


def install(site: Path, name: str, value: str, code: str | None = None) -> None:
    info = site / f"{name}_matcher-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-matcher\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[agentrig.matchers]\n{name} = {value}\n")
    if code is not None:
        (site / "some_matcher.py").write_text(code)


def scenario(rig: Rig, agent: AgentServer, *checks: str) -> None:
    agent.bodies["/score"] = b'{"score": 15, "text": "x"}'
    lines = "".join(f"\n                - {check}" for check in checks)
    rig.write(
        "score.yaml",
        f"""\
        name: Score
        steps:
          - name: Ask
            endpoint: {agent.url}
            path: /score
            expect:
              checks:{lines}
        """,
    )


def test_a_third_partys_matcher_judges_beside_the_own_ones(
    rig: Rig, agent: AgentServer, site: Path
) -> None:
    install(site, "divisible_by", "some_matcher:MATCHER", MATCHER)
    scenario(
        rig,
        agent,
        "{jq: .score, divisible_by: 5, gt: 10}",
        "{jq: .score, not: {divisible_by: 2}}",
        "{jq: '[.score]', each: {divisible_by: 3}}",
        "{jq: .score, divisible_by: 4}",
    )
    ran = rig.run("score.yaml")
    assert ran.code == 1, ran.said
    assert "[Ask] path '.score': expected a multiple of 4, got 15" in ran.out
    assert "divisible_by: 4" in ran.out


def test_its_mistakes_are_found_as_those_of_the_own_ones(
    rig: Rig, agent: AgentServer, site: Path
) -> None:
    install(site, "divisible_by", "some_matcher:MATCHER", MATCHER)
    scenario(rig, agent, "{jq: .score, divisible_by: 0}", "{jq: .score, divisible_bye: 1}")
    linted = rig.agentrig("lint", "score.yaml")
    assert linted.code == 4, linted.said
    assert "did you mean 'divisible_by'?" in linted.out
    assert "score.yaml:8:38" in linted.out


def test_its_operand_is_in_the_schema(rig: Rig, site: Path) -> None:
    install(site, "divisible_by", "some_matcher:MATCHER", MATCHER)
    schema = json.loads(rig.agentrig("schema").out)
    described = schema["$defs"]["Check"]["properties"]["divisible_by"]
    assert described["description"].startswith("The number is a multiple of this. Example: `{jq:")
    assert '"exclusiveMinimum": 0' in json.dumps(described)


def test_it_is_not_imported_before_a_check_uses_it(
    rig: Rig, agent: AgentServer, site: Path
) -> None:
    install(site, "divisible_by", "some_matcher:MATCHER", MATCHER)
    scenario(rig, agent, "{jq: .score, equals: 15}")
    assert rig.run("score.yaml").code == 0
    assert not (rig.folder / "imported").exists()


@pytest.mark.parametrize(
    ("door", "says"),
    [
        (("some_matcher:MATCHER", "MATCHER = object()"), "'some_matcher:MATCHER' is no Matcher"),
        (("some_matcher:GONE", ""), "cannot load 'some_matcher:GONE': AttributeError: "),
        (("no_such_module:M", None), "cannot load 'no_such_module:M': ModuleNotFoundError: "),
        (("some_matcher:M", "1 / 0"), "cannot load 'some_matcher:M': ZeroDivisionError: "),
    ],
)
def test_a_matcher_that_is_none_is_named_with_its_package(
    rig: Rig, agent: AgentServer, site: Path, door: tuple[str, str | None], says: str
) -> None:
    install(site, "bad", *door)
    scenario(rig, agent, "{jq: .score, bad: 5}")
    linted = rig.agentrig("lint", "score.yaml")
    assert linted.code == 4, linted.said
    first = linted.out.splitlines()[0]
    assert first.startswith(f"error: matcher 'bad': {says}")
    assert "cannot load" not in first or first.endswith(
        "mend or uninstall the package 'bad-matcher'"
    )
    assert " --> score.yaml:8:24" in linted.out
    scenario(rig, agent, "{jq: .score, equals: 15}")
    assert rig.run("score.yaml").code == 0, "nobody else is held up"


def test_two_of_one_name_are_refused_when_the_name_is_used() -> None:
    other = EntryPoint("equals", "other:EQUALS", GROUP)
    registry = MatcherRegistry([other])
    assert registry.matcher("contains") is matchers().matcher("contains")
    with pytest.raises(UsageError) as caught:
        registry.matcher("equals")
    assert str(caught.value) == (
        "matcher 'equals': 'agentrig.checks._equality:EQUALS' and 'other:EQUALS' have the same"
        " name; uninstall or rename one"
    )


def test_the_own_matchers_are_these() -> None:
    assert sorted(matchers().names) == [
        *("all", "any", "between", "close_to", "contains", "each", "empty", "ends_with", "equals"),
        *("exists", "ge", "gt", "le", "length", "lt", "matches", "not", "not_contains"),
        *("not_equals", "not_null", "one_of", "schema", "starts_with", "subset", "superset"),
        *("type", "unordered_equals"),
    ]


@pytest.mark.parametrize("name", matchers().names)
def test_a_matcher_explains_itself(name: str) -> None:
    matcher = matchers().matcher(name)
    assert matcher.about.endswith(".")
    assert f"{name}:" in matcher.example
