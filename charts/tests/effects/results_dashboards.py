"""What the values of `results.dashboards` change."""

from __future__ import annotations

from charts.tests.effects.common import NAMED, RUNNER, VOLUMES, Effect

# A hook without a run beside it, so that there is one Job.
SHOWN = {
    "mode": "cronjob",
    "results": {
        "search": {"url": "https://search", "apiKeySecret": {"name": "writer"}},
        "dashboards": {"install": True, "url": "https://kibana.logging.svc:5601"},
    },
}
SHOWN_TO_A_USER = {
    **SHOWN,
    "results": {
        **SHOWN["results"],  # type: ignore[dict-item]  # a map of maps
        "dashboards": {
            "install": True,
            "url": "https://kibana",
            "ca": {"secret": "s"},
            "basicAuthSecret": {"name": "s"},
        },
    },
}

EFFECTS: list[Effect] = [
    (
        "results.dashboards.url",
        f"https://{NAMED}",
        SHOWN,
        f"{RUNNER}.args",
        ["report", "dashboards", "install", "--url=https://rel-x"],
    ),
    (
        "results.search.index",
        "qa",
        SHOWN,
        f"{RUNNER}.args.4",
        "--index=qa",
    ),
    ("results.dashboards.space", "qa", SHOWN, f"{RUNNER}.args.4", "--space=qa"),
    ("results.dashboards.tenant", "qa", SHOWN, f"{RUNNER}.args.4", "--tenant=qa"),
    ("results.dashboards.overwrite", True, SHOWN, f"{RUNNER}.args.4", "--overwrite"),
    ("results.dashboards.ca.configMap", NAMED, SHOWN, f"{VOLUMES}.1.configMap.name", "rel-x"),
    ("results.dashboards.ca.secret", NAMED, SHOWN, f"{VOLUMES}.1.secret.secretName", "rel-x"),
    (
        "results.dashboards.ca.secret",
        "s",
        SHOWN,
        f"{RUNNER}.args.4",
        "--ca=/etc/agentrig/dashboards-ca/ca.crt",
    ),
    (
        "results.dashboards.ca.key",
        "k",
        SHOWN_TO_A_USER,
        f"{VOLUMES}.1.secret.items.0",
        {"key": "k", "path": "ca.crt"},
    ),
    (
        "results.dashboards.apiKeySecret.name",
        NAMED,
        SHOWN,
        "env.AGENTRIG_SEARCH_API_KEY.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "api-key"},
    ),
    (
        "results.dashboards.apiKeySecret.key",
        "k",
        {
            "mode": "cronjob",
            "results": {
                "dashboards": {
                    "install": True,
                    "url": "https://kibana",
                    "apiKeySecret": {"name": "s"},
                }
            },
        },
        "env.AGENTRIG_SEARCH_API_KEY.valueFrom.secretKeyRef.key",
        "k",
    ),
    (
        "results.dashboards.basicAuthSecret.name",
        NAMED,
        SHOWN,
        "env.AGENTRIG_SEARCH_USERNAME.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "username"},
    ),
    *(
        (
            f"results.dashboards.basicAuthSecret.{field}",
            "k",
            SHOWN_TO_A_USER,
            f"env.AGENTRIG_SEARCH_{field.upper()}.valueFrom.secretKeyRef.key",
            "k",
        )
        for field in ("username", "password")
    ),
]
