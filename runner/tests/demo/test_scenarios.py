from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from agentrig.demo import find_scenarios
from agentrig.demo.manifests import AGENTS

if TYPE_CHECKING:
    from pathlib import Path

SCENARIOS = sorted(find_scenarios().glob("*.yaml"))


def test_agentspecs_five_are_there_under_their_names() -> None:
    assert [path.stem for path in SCENARIOS[:5]] == [
        "01-proxy-passthrough",
        "02-audit-ring",
        "03-header-reporting",
        "04-event-push",
        "05-opa-track",
    ]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_local_ports_are_those_of_the_agent(path: Path) -> None:
    scenario = yaml.safe_load(path.read_text())
    first = 4000 + 2 * list(AGENTS).index(scenario["agent"])
    assert (scenario["proxy_port"], scenario["control_port"]) == (first, first + 1)


def test_no_two_scenarios_share_a_request_id() -> None:
    ids: dict[str, str] = {}
    for path in SCENARIOS:
        for step in yaml.safe_load(path.read_text())["steps"]:
            request_id = step.get("headers", {}).get("x-request-id")
            if request_id is not None:
                assert ids.setdefault(request_id, path.stem) == path.stem
