"""Every value of charts/agentrig changes what it says it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from charts.tests.effects import (
    environment,
    general,
    jobs,
    network_policy,
    pod,
    rbac,
    results_dashboards,
    results_search,
    results_store,
    results_webhook,
    run,
    scenarios,
    secrets,
)
from charts.tests.effects.common import RUNNER, Effect, Permission
from charts.tests.effects.permissions import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Render = Callable[..., list[dict[str, Any]]]

CHART = Path(__file__).resolve().parents[1] / "agentrig"
EFFECTS = [
    *general.EFFECTS,
    *run.EFFECTS,
    *scenarios.EFFECTS,
    *environment.EFFECTS,
    *secrets.EFFECTS,
    *results_store.EFFECTS,
    *results_search.EFFECTS,
    *results_webhook.EFFECTS,
    *results_dashboards.EFFECTS,
    *jobs.EFFECTS,
    *rbac.EFFECTS,
    *network_policy.EFFECTS,
    *pod.EFFECTS,
]


def test_every_value_has_a_row() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    # What reads `enabled` is a parent chart's condition: see test_examples.py. Labels are what a
    # cluster is asked for: see ci/e2e/test_refusals.py.
    own = set(leaves(defaults)) - {"enabled", "refuseNamespaceLabels"}
    assert {row[0] for row in [*EFFECTS, *PERMISSIONS]} == own


@pytest.mark.parametrize("row", PERMISSIONS, ids=[row[0] for row in PERMISSIONS])
def test_permission_lifts_the_refusal(
    row: Permission,
    render: Render,
    refusal: Callable[..., str],
    tmp_path: Path,
) -> None:
    value, setting, refused, message = row
    (tmp_path / "refused.json").write_text(json.dumps(refused), encoding="utf-8")
    (tmp_path / "value.json").write_text(json.dumps(nested(value, setting)), encoding="utf-8")
    options = ["--values", tmp_path / "refused.json"]
    assert message in refusal("agentrig", *options)
    assert render("agentrig", *options, "--values", tmp_path / "value.json")


@pytest.mark.parametrize("row", EFFECTS, ids=[f"{row[0]}={row[1]}"[:60] for row in EFFECTS])
def test_value_shows(row: Effect, render: Render, tmp_path: Path) -> None:
    value, setting, more, where, expected = row
    base = {"mode": "cronjob"} if value.startswith("cronjob.") else {}
    files = {"base.json": base | more, "value.json": nested(value, setting)}
    for name, values in files.items():
        # JSON, as PyYAML writes 1e6 without the quotes that Helm's YAML needs for a text.
        (tmp_path / name).write_text(json.dumps(values), encoding="utf-8")
    without = ["--values", tmp_path / "base.json"]
    assert (
        look_up(render("agentrig", *without, "--values", tmp_path / "value.json"), where)
        == expected
    )
    assert look_up(render("agentrig", *without), where) != expected, "so it is by default"


def nested(value: str, setting: Any) -> dict[str, Any]:
    """Write values with `setting` at the dotted name `value`."""
    *parents, name = value.split(".")
    values = {name: setting}
    for key in reversed(parents):
        values = {key: values}
    return values


def leaves(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every value; some are one value of Kubernetes' own shape."""
    for key, value in values.items():
        if isinstance(value, dict) and value and key not in {"dnsConfig", "resources"}:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def look_up(objects: list[dict[str, Any]], where: str) -> Any:
    """Follow `where`, KIND.key.0.key or env.NAME.key (`+` for a dot in a key), None if missing."""
    found: Any = {item["kind"]: item for item in objects}
    kind, *keys = where.split(".")
    if kind == "env":
        container = look_up(objects, RUNNER)
        found = {"env": {item["name"]: item for item in container["env"]}}
    for key in [kind, *keys]:
        if isinstance(found, list):
            found = found[int(key)] if int(key) < len(found) else None
        else:
            found = (found or {}).get(key.replace("+", "."))
    return found
