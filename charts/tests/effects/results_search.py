"""What the values of `results.search` change."""

from __future__ import annotations

from charts.tests.effects.common import NAMED, SEARCHED, VOLUMES, Effect

EFFECTS: list[Effect] = [
    (
        "results.search.url",
        f"http://{NAMED}:9200",
        {},
        "env.AGENTRIG_RUN_SEARCH_URL.value",
        "http://rel-x:9200",
    ),
    (
        "results.search.url",
        "http://search",
        {},
        "env.AGENTRIG_RUN_RUN_ID.value",
        "rel-1-$(AGENTRIG_JOB_UID)",
    ),
    ("results.search.index", "qa", SEARCHED, "env.AGENTRIG_RUN_SEARCH_INDEX.value", "qa"),
    (
        "results.search.dataStream",
        True,
        SEARCHED,
        "env.AGENTRIG_RUN_SEARCH_DATA_STREAM.value",
        "true",
    ),
    ("results.search.timeout", "1m", SEARCHED, "env.AGENTRIG_RUN_SEARCH_TIMEOUT.value", "1m"),
    ("results.search.env", ["A", "B"], SEARCHED, "env.AGENTRIG_RUN_SEARCH_ENV.value", "A B"),
    (
        "results.search.requireDelivery",
        True,
        SEARCHED,
        "env.AGENTRIG_RUN_REQUIRE_DELIVERY.value",
        "true",
    ),
    ("results.search.ca.configMap", NAMED, SEARCHED, f"{VOLUMES}.2.configMap.name", "rel-x"),
    ("results.search.ca.secret", NAMED, SEARCHED, f"{VOLUMES}.2.secret.secretName", "rel-x"),
    (
        "results.search.ca.configMap",
        "c",
        SEARCHED,
        "env.AGENTRIG_RUN_SEARCH_CA.value",
        "/etc/agentrig/search-ca/ca.crt",
    ),
    (
        "results.search.ca.key",
        "k",
        {"results": {"search": {"url": "https://search", "ca": {"configMap": "c"}}}},
        f"{VOLUMES}.2.configMap.items.0",
        {"key": "k", "path": "ca.crt"},
    ),
    (
        "results.search.apiKeySecret.name",
        NAMED,
        SEARCHED,
        "env.AGENTRIG_SEARCH_API_KEY.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "api-key"},
    ),
    (
        "results.search.apiKeySecret.key",
        "k",
        {"results": {"search": {"url": "https://search", "apiKeySecret": {"name": "s"}}}},
        "env.AGENTRIG_SEARCH_API_KEY.valueFrom.secretKeyRef.key",
        "k",
    ),
    (
        "results.search.basicAuthSecret.name",
        NAMED,
        SEARCHED,
        "env.AGENTRIG_SEARCH_USERNAME.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "username"},
    ),
    *(
        (
            f"results.search.basicAuthSecret.{field}",
            "k",
            {"results": {"search": {"url": "https://search", "basicAuthSecret": {"name": "s"}}}},
            f"env.AGENTRIG_SEARCH_{field.upper()}.valueFrom.secretKeyRef.key",
            "k",
        )
        for field in ("username", "password")
    ),
]
