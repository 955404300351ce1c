"""What the values of `results.webhook` change."""

from __future__ import annotations

from charts.tests.effects.common import NAMED, TOLD, VOLUMES, Effect

EFFECTS: list[Effect] = [
    (
        "results.webhook.urlSecret.name",
        NAMED,
        {},
        "env.AGENTRIG_RUN_WEBHOOK.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "url"},
    ),
    (
        "results.webhook.urlSecret.key",
        "k",
        TOLD,
        "env.AGENTRIG_RUN_WEBHOOK.valueFrom.secretKeyRef.key",
        "k",
    ),
    ("results.webhook.name", NAMED, TOLD, "env.AGENTRIG_RUN_WEBHOOK_NAME.value", "rel-x"),
    ("results.webhook.ca.configMap", NAMED, TOLD, f"{VOLUMES}.2.configMap.name", "rel-x"),
    (
        "results.webhook.ca.secret",
        "s",
        TOLD,
        "env.AGENTRIG_RUN_WEBHOOK_CA.value",
        "/etc/agentrig/webhook-ca/ca.crt",
    ),
    (
        "results.webhook.ca.key",
        "k",
        {"results": {"webhook": {"urlSecret": {"name": "s"}, "ca": {"secret": "s"}}}},
        f"{VOLUMES}.2.secret.items.0",
        {"key": "k", "path": "ca.crt"},
    ),
    ("results.webhook.when", "always", TOLD, "env.AGENTRIG_RUN_WEBHOOK_ON.value", "always"),
    (
        "results.webhook.template",
        "{{ run.outcome }} <&>",
        TOLD,
        "ConfigMap.data",
        {"template": "{{ run.outcome }} <&>"},
    ),
    (
        "results.webhook.template",
        "x",
        TOLD,
        "env.AGENTRIG_RUN_WEBHOOK_TEMPLATE.value",
        "/etc/agentrig/webhook/template",
    ),
    (
        "results.webhook.template",
        "x",
        TOLD,
        f"{VOLUMES}.2.configMap",
        {"name": "rel-agentrig-webhook", "items": [{"key": "template", "path": "template"}]},
    ),
    ("results.webhook.templateConfigMap.name", NAMED, TOLD, f"{VOLUMES}.2.configMap.name", "rel-x"),
    (
        "results.webhook.templateConfigMap.key",
        "k",
        {"results": {"webhook": {"urlSecret": {"name": "s"}, "templateConfigMap": {"name": "c"}}}},
        f"{VOLUMES}.2.configMap.items.0",
        {"key": "k", "path": "template"},
    ),
]
