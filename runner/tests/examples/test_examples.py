"""Every example runs, ends as its file says, and together they show the whole language."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentrig.scenario import DefinitionFields, ScenarioFields, StrictModel, UsesStep
from agentrig.steps import step_kinds
from tests.examples.keys import Key, keys_in, keys_of
from tests.support.rig import Rig

if TYPE_CHECKING:
    from agentrig.demo.embedded import Demo
    from tests.support.rig import Ran

EXAMPLES = Path(__file__).resolve().parents[3] / "scenarios" / "examples"
FILES = sorted(EXAMPLES.glob("*.yaml")) + sorted(EXAMPLES.glob("library/*.yaml"))


def documents(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


SCENARIOS = [(file, one) for file in FILES for one in documents(file) if "define" not in one]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Ran:
    """Run all examples, as their first one says."""
    assert demo.playground
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES, folder / "scenarios" / "examples")
    targets = [
        text for name, url in demo.targets().items() for text in ("--target", f"{name}={url}")
    ]
    environment = {
        "PLAYGROUND_URL": demo.playground.url,
        "PLAYGROUND_TLS_URL": demo.playground.tls_url,
        "PLAYGROUND_CLIENT_TLS_URL": demo.playground.client_tls_url,
    }
    return Rig(folder).run(
        "scenarios/examples", *targets, "--kube-server", demo.kube_server, env=environment
    )


def test_all_end_as_their_files_say(ran: Ran) -> None:
    assert ran.code == 0, ran.said
    names = [scenario["name"] for _, scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    expected = {
        scenario["name"]: "skipped" if scenario.keys() & {"skip", "xfail"} else "passed"
        for _, scenario in SCENARIOS
    }
    got: dict[str, str] = {}
    for one in ran.summary()["scenarios"]:
        if one["path"].endswith(".yaml"):
            name = next(name for name in names if one["name"].startswith(name))
            assert got.setdefault(name, one["outcome"]) == one["outcome"], one
    assert got == expected


def test_examples_come_in_teaching_order_and_begin_with_what_they_show() -> None:
    files = [file for file in FILES if file.parent == EXAMPLES]
    assert [int(file.name.partition("-")[0]) for file in files] == [*range(1, len(files) + 1)]
    for file in files:
        assert file.read_text(encoding="utf-8").startswith("# "), file


def kinds() -> dict[str, type[StrictModel]]:
    return {name: step_kinds().kind(name).model for name in step_kinds().names}


def used() -> set[Key]:
    found: set[Key] = set()
    for file in FILES:
        for document in documents(file):
            model = DefinitionFields if "define" in document else ScenarioFields
            found |= set(keys_in(document, model))
            for part in ("setup", "steps", "teardown"):
                for step in document.get(part, []):
                    found |= set(keys_in(step, UsesStep if "uses" in step else model_of(step)))
    return found


def model_of(step: dict[str, Any]) -> type[StrictModel]:
    return step_kinds().model_for(step)


def test_every_key_matcher_and_subject_has_an_example() -> None:
    known = keys_of(ScenarioFields, DefinitionFields, UsesStep, *kinds().values())
    assert {".".join(key) for key in known - used()} == set()
