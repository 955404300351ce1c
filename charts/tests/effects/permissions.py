"""Values that lift a refusal and do nothing else."""

from __future__ import annotations

from charts.tests.effects.common import AWAY, NODES, POLICED, Permission

PERMISSIONS: list[Permission] = [
    (
        "results.dashboards.install",
        True,
        {"results": {"dashboards": {"url": "https://kibana"}}},
        "results.dashboards.install is false, so the rest does nothing",
    ),
    (
        "rbac.allowClusterWide",
        True,
        {"rbac": {"clusterRules": [NODES]}},
        "rbac.clusterRules would hold in every namespace",
    ),
    (
        "networkPolicy.results.dashboards",
        AWAY,
        {**POLICED, "results": {"dashboards": {"install": True, "url": "https://kibana.test.io"}}},
        "networkPolicy.enabled would keep results.dashboards from https://kibana.test.io",
    ),
    (
        "allowProduction",
        True,
        {"run": {"namespace": "prod"}},
        'namespace "prod" is not for tests',
    ),
    (
        "refuseNamespaces",
        ["live"],
        {"run": {"namespace": "prod"}},
        'namespace "prod" is not for tests',
    ),
    ("restartPolicy", "Never", {"restartPolicy": "OnFailure"}, 'restartPolicy is "OnFailure"'),
]
