"""What the values of `results` for labels, the commit, the store and its volume change."""

from __future__ import annotations

from charts.tests.effects.common import CRON, NAMED, POD, RUNNER, VOLUMES, Effect

KEPT = {"results": {"store": {"url": "s3://results"}}}
CREATED = {"results": {"persistence": {"create": True}}}
CLAIM = "PersistentVolumeClaim"

EFFECTS: list[Effect] = [
    (
        "results.labels",
        {"model": "a b", "release": NAMED},
        {},
        f"{RUNNER}.args",
        ["run", "/scenarios/demo", "--label=model=a b", "--label=release=rel-x"],
    ),
    ("results.commit", "{{ .Chart.Version }}", {}, "env.AGENTRIG_RUN_COMMIT.value", "0.1.0"),
    (
        "results.store.url",
        f"s3://qa-results/{NAMED}",
        {},
        "env.AGENTRIG_RUN_STORE.value",
        "s3://qa-results/rel-x",
    ),
    (
        "results.store.url",
        "s3://qa-results",
        {},
        "env.AGENTRIG_RUN_RUN_ID.value",
        "rel-1-$(AGENTRIG_JOB_UID)",
    ),
    (
        "results.store.url",
        "s3://qa-results",
        {"mode": "cronjob"},
        f"{CRON}.jobTemplate.spec.template.spec.containers.0.env.2.value",
        "$(AGENTRIG_JOB_NAME)-$(AGENTRIG_JOB_UID)",
    ),
    ("results.store.url", "/store/a", CREATED, "env.AGENTRIG_RUN_STORE.value", "/store/a"),
    (
        "results.store.endpoint",
        "http://s3:7070",
        KEPT,
        "env.AWS_ENDPOINT_URL_S3.value",
        "http://s3:7070",
    ),
    ("results.store.region", "eu-west-1", KEPT, "env.AWS_REGION.value", "eu-west-1"),
    ("results.store.pathStyle", True, KEPT, "env.AGENTRIG_STORE_PATH_STYLE.value", "true"),
    ("results.store.kmsKeyId", "alias/k", KEPT, "env.AGENTRIG_STORE_KMS_KEY.value", "alias/k"),
    (
        "results.store.credentialsSecret.name",
        NAMED,
        KEPT,
        "env.AWS_ACCESS_KEY_ID.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "AWS_ACCESS_KEY_ID"},
    ),
    *(
        (
            f"results.store.credentialsSecret.{field}",
            "k",
            {
                "results": {
                    "store": {"url": "s3://qa-results", "credentialsSecret": {"name": "aws"}}
                }
            },
            f"env.{variable}.valueFrom.secretKeyRef.key",
            "k",
        )
        for field, variable in (
            ("accessKeyId", "AWS_ACCESS_KEY_ID"),
            ("secretAccessKey", "AWS_SECRET_ACCESS_KEY"),
            ("sessionToken", "AWS_SESSION_TOKEN"),
        )
    ),
    ("results.store.ca.configMap", NAMED, KEPT, f"{VOLUMES}.2.configMap.name", "rel-x"),
    ("results.store.ca.secret", NAMED, KEPT, f"{VOLUMES}.2.secret.secretName", "rel-x"),
    (
        "results.store.ca.secret",
        "s",
        KEPT,
        "env.AWS_CA_BUNDLE.value",
        "/etc/agentrig/store-ca/ca.crt",
    ),
    (
        "results.store.ca.key",
        "k",
        {"results": {"store": {"url": "s3://qa-results", "ca": {"secret": "s"}}}},
        f"{VOLUMES}.2.secret.items.0",
        {"key": "k", "path": "ca.crt"},
    ),
    (
        "results.persistence.existingClaim",
        NAMED,
        {},
        f"{VOLUMES}.2.persistentVolumeClaim.claimName",
        "rel-x",
    ),
    ("results.persistence.existingClaim", "c", {}, "env.AGENTRIG_RUN_STORE.value", "/store"),
    ("results.persistence.existingClaim", "c", {}, f"{POD}.securityContext.fsGroup", 10001),
    ("results.persistence.create", True, {}, f"{CLAIM}.metadata.name", "rel-agentrig-results"),
    (
        "results.persistence.create",
        True,
        {},
        f"{RUNNER}.volumeMounts.2",
        {"name": "store", "mountPath": "/store"},
    ),
    (
        "results.persistence.size",
        "5Gi",
        CREATED,
        f"{CLAIM}.spec.resources.requests.storage",
        "5Gi",
    ),
    (
        "results.persistence.accessMode",
        "ReadWriteMany",
        CREATED,
        f"{CLAIM}.spec.accessModes",
        ["ReadWriteMany"],
    ),
    (
        "results.persistence.storageClassName",
        "fast",
        CREATED,
        f"{CLAIM}.spec.storageClassName",
        "fast",
    ),
    ("results.persistence.keep", False, CREATED, f"{CLAIM}.metadata.annotations", None),
]
