"""The values of each tier of tests, run against the demo's agents."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from e2e.commands import CHART, finish, get, kubectl


def tier(name: str) -> dict[str, Any]:
    text = (CHART / "values" / f"{name}.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = yaml.safe_load(text)
    return values


@pytest.mark.parametrize("name", ["integration", "e2e"])
def test_tier_passes(install: Any, name: str) -> None:
    release = install(tier(name))
    done = finish(release.job(), release.namespace)
    assert done.condition["type"] == "Complete", done.log
    ran = done.termination["counts"]["passed"]
    # What is tagged `e2e` patches a Deployment, and only the one tier may do that.
    assert ("opa_enforce" in done.log) is (name == "e2e")
    assert ran > 10


def test_staging_soaks_and_keeps_to_itself(install: Any) -> None:
    values = tier("staging")
    # The soak of an hour, in seconds.
    values["run"]["args"] = [
        "--repeat-for=2s" if "--repeat-for" in one else one for one in values["run"]["args"]
    ]
    release = install(values)
    name = f"{release.name}-agentrig-schedule"
    kubectl("create", "job", "now", f"--from=cronjob/{name}", "-n", release.namespace)
    done = finish("now", release.namespace)
    assert done.exit_codes == [0], done.log
    assert "p95" in done.log

    policy = get("networkpolicy", f"{release.name}-agentrig-runner", release.namespace)["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    selected = policy["podSelector"]["matchLabels"]
    assert selected.items() <= done.pods[0]["metadata"]["labels"].items()
    assert (
        get("pdb", f"{release.name}-agentrig-runner", release.namespace)["spec"]["minAvailable"]
        == 1
    )
