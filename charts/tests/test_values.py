"""Every value of charts/agentrig changes what it says it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Render = Callable[..., list[dict[str, Any]]]

CHART = Path(__file__).resolve().parents[1] / "agentrig"
JOB, POD, CRON = "Job.spec", "Job.spec.template.spec", "CronJob.spec"
TEMPLATE = "Job.spec.template.metadata"
RUNNER = f"{POD}.containers.0"
SHARDED = {"mode": "sharded", "shards": {"count": 2}}
KILLED = {
    "action": "FailJob",
    "onExitCodes": {"containerName": "runner", "operator": "In", "values": [137]},
}
# Texts that name other objects are templates.
NAMED = "{{ .Release.Name }}-x"
BESIDE = {
    "name": "redis",
    "image": "redis:8.2.1",
    "resources": {"limits": {"cpu": "1", "memory": "64Mi"}},
}
DIGEST = "sha256:" + "0" * 64
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
NODES = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
ANYWHERE = {"rbac": {"allowClusterWide": True}}

VOLUMES, FETCH = f"{POD}.volumes", f"{POD}.initContainers.0"
GIT_URL = "https://git.example.com/r.git"
GIT = {"scenarios": {"git": {"url": GIT_URL, "ref": "v1"}}}
BY_TOKEN = {"scenarios": {"git": {**GIT["scenarios"]["git"], "tokenSecret": {"name": "t"}}}}
BY_KEY = {
    "scenarios": {"git": {"url": "git@h:r.git", "ref": "v1", "sshSecret": {"name": "deploy"}}}
}
S3 = {"scenarios": {"s3": {"bucket": "qa"}}}
BY_SECRET = {"scenarios": {"s3": {"bucket": "qa", "credentialsSecret": {"name": "aws"}}}}
NUMPY = {"python": {"requirements": ["numpy==2.3.4"]}}
EGRESS, BUDGET = "NetworkPolicy.spec.egress", "PodDisruptionBudget.spec"
SECRETS = f"{POD}.volumes.2.projected.sources"
POLICED = {"networkPolicy": {"enabled": True}}
REACHING = {
    "rbac": {"preset": "read-pods"},
    "networkPolicy": {"enabled": True, "apiServer": {"cidrs": ["192.0.2.1/32"]}},
}
BUDGETED = {"podDisruptionBudget": {"enabled": True}}
KEPT = {"results": {"store": {"url": "s3://results"}}}
CREATED = {"results": {"persistence": {"create": True}}}
CLAIM = "PersistentVolumeClaim"
SEARCHED = {"results": {"search": {"url": "https://search.logging.svc:9200"}}}
TOLD = {"results": {"webhook": {"urlSecret": {"name": "hook"}}}}
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
AWAY = [{"cidr": "203.0.113.0/24", "ports": [443]}]
EXTERNAL = {"secrets": {"external": {"store": {"name": "vault"}, "data": {"KEY": {"key": "k"}}}}}

# value, what it is set to, more values, where it must show in the objects, what must show there
EFFECTS: list[tuple[str, Any, dict[str, Any], str, Any]] = [
    ("mode", "cronjob", {}, "CronJob.metadata.name", "rel-agentrig-schedule"),
    ("mode", "hook", {}, "Pod.metadata.name", "rel-agentrig-test"),
    ("nameOverride", "suite", {}, "Job.metadata.name", "rel-suite-run-1"),
    ("fullnameOverride", "nightly", {}, "Job.metadata.name", "nightly-run-1"),
    ("image.repository", "reg:5000/a", {}, f"{RUNNER}.image", "reg:5000/a:0.1.0"),
    ("image.tag", "9.9.9", {}, f"{RUNNER}.image", "agentrig:9.9.9"),
    ("image.digest", DIGEST, {}, f"{RUNNER}.image", f"agentrig@{DIGEST}"),
    ("image.pullPolicy", "Never", {}, f"{RUNNER}.imagePullPolicy", "Never"),
    ("run.paths", ["/a", "/b"], {}, f"{RUNNER}.args", ["run", "/a", "/b"]),
    ("run.args", ["-k", "x y"], {}, f"{RUNNER}.args", ["run", "/scenarios/demo", "-k", "x y"]),
    ("logFormat", "json", {}, "env.AGENTRIG_RUN_LOG_FORMAT.value", "json"),
    ("run.via", "direct", {}, "env.AGENTRIG_RUN_VIA.value", "direct"),
    ("run.targets", {"a/b": "http://c"}, {}, f"{RUNNER}.args.2", "--target=a/b=http://c"),
    (
        "run.targets",
        {"a": f"http://{NAMED}.{{namespace}}"},
        {},
        f"{RUNNER}.args.2",
        "--target=a=http://rel-x.{namespace}",
    ),
    ("run.namespace", "demo", {}, "env.AGENTRIG_RUN_NAMESPACE.value", "demo"),
    ("run.namespace", "demo", {"rbac": {"rules": [RULE]}}, "Role.metadata.namespace", "demo"),
    ("run.clusterDomain", "c.test", {}, "env.AGENTRIG_RUN_CLUSTER_DOMAIN.value", "c.test"),
    (
        "scenarios.inline",
        {"a.yaml": "name: <&>\n"},
        {},
        "ConfigMap.data",
        {"a.yaml": "name: <&>\n"},
    ),
    ("scenarios.inline", {"a.yaml": "x"}, {}, f"{RUNNER}.args.1", "/scenarios/inline"),
    ("scenarios.configMap.name", NAMED, {}, f"{VOLUMES}.2.configMap.name", "rel-x"),
    ("scenarios.configMap.name", "c", {}, f"{RUNNER}.args.1", "/scenarios/configmap"),
    (
        "scenarios.configMap.items",
        [{"key": "a", "path": "b/a.yaml"}],
        {"scenarios": {"configMap": {"name": "c"}}},
        f"{VOLUMES}.2.configMap.items.0.path",
        "b/a.yaml",
    ),
    (
        "scenarios.pvc.claimName",
        NAMED,
        {},
        f"{VOLUMES}.2.persistentVolumeClaim",
        {"claimName": "rel-x", "readOnly": True},
    ),
    ("scenarios.pvc.claimName", "c", {}, f"{RUNNER}.args.1", "/scenarios/pvc"),
    (
        "scenarios.pvc.subPath",
        "nightly",
        {"scenarios": {"pvc": {"claimName": "c"}}},
        f"{RUNNER}.volumeMounts.2.subPath",
        "nightly",
    ),
    (
        "scenarios.git.url",
        "https://h/{{ .Chart.Name }}",
        GIT,
        f"{FETCH}.args.2",
        "https://h/agentrig",
    ),
    ("scenarios.git.ref", "v{{ .Chart.AppVersion }}", GIT, f"{FETCH}.args.3", "--ref=v0.1.0"),
    ("scenarios.git.path", "e2e", GIT, f"{FETCH}.args.4", "--path=e2e"),
    ("scenarios.git.path", "e2e/", GIT, f"{RUNNER}.args.1", "/scenarios/git/e2e"),
    ("scenarios.git.tokenSecret.name", NAMED, GIT, f"{VOLUMES}.3.secret.secretName", "rel-x"),
    (
        "scenarios.git.tokenSecret.key",
        "k",
        BY_TOKEN,
        f"{VOLUMES}.3.secret.items.0",
        {"key": "k", "path": "token"},
    ),
    (
        "scenarios.git.tokenSecret.username",
        "oauth2",
        BY_TOKEN,
        f"{FETCH}.args.5",
        "--username=oauth2",
    ),
    ("scenarios.git.sshSecret.name", "s", BY_KEY, f"{VOLUMES}.3.secret.secretName", "s"),
    ("scenarios.git.sshSecret.privateKey", "k", BY_KEY, f"{VOLUMES}.3.secret.items.0.key", "k"),
    ("scenarios.git.sshSecret.knownHosts", "k", BY_KEY, f"{VOLUMES}.3.secret.items.1.key", "k"),
    ("scenarios.s3.bucket", NAMED, S3, f"{FETCH}.args.2", "s3://rel-x/"),
    ("scenarios.s3.prefix", "/a/b", S3, f"{FETCH}.args.2", "s3://qa/a/b"),
    ("scenarios.s3.endpoint", "http://s3:7070", S3, f"{FETCH}.args.3", "--endpoint=http://s3:7070"),
    ("scenarios.s3.region", "eu-west-1", S3, f"{FETCH}.args.3", "--region=eu-west-1"),
    ("scenarios.s3.pathStyle", True, S3, f"{FETCH}.args.3", "--path-style"),
    (
        "scenarios.s3.credentialsSecret.name",
        NAMED,
        S3,
        f"{FETCH}.env.0.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "AWS_ACCESS_KEY_ID"},
    ),
    (
        "scenarios.s3.credentialsSecret.accessKeyId",
        "k",
        BY_SECRET,
        f"{FETCH}.env.0.valueFrom.secretKeyRef.key",
        "k",
    ),
    (
        "scenarios.s3.credentialsSecret.secretAccessKey",
        "k",
        BY_SECRET,
        f"{FETCH}.env.1.valueFrom.secretKeyRef.key",
        "k",
    ),
    (
        "scenarios.s3.credentialsSecret.sessionToken",
        "k",
        BY_SECRET,
        f"{FETCH}.env.2.valueFrom.secretKeyRef.key",
        "k",
    ),
    ("scenarios.caSecret.name", NAMED, GIT, f"{VOLUMES}.3.secret.secretName", "rel-x"),
    (
        "scenarios.caSecret.key",
        "k",
        {"scenarios": {**S3["scenarios"], "caSecret": {"name": "ca"}}},
        f"{VOLUMES}.3.secret.items.0",
        {"key": "k", "path": "ca.crt"},
    ),
    ("scenarios.sizeLimit", "1Gi", GIT, f"{VOLUMES}.2.emptyDir.sizeLimit", "1Gi"),
    ("scenarios.sizeLimit", "1Gi", GIT, f"{FETCH}.args.7", "--max-bytes=1Gi"),
    ("scenarios.timeoutSeconds", 60, S3, f"{FETCH}.args.5", "--timeout=60"),
    (
        "python.lock",
        "e2e/pylock.toml",
        GIT,
        f"{POD}.initContainers.1.args.3",
        "--requirements=/scenarios/git/e2e/pylock.toml",
    ),
    ("python.lock", "/app/pylock.toml", {}, f"{FETCH}.args.3", "--requirements=/app/pylock.toml"),
    ("python.requirements", ["a==1", "b==2"], {}, f"{FETCH}.args.4", "--require=b==2"),
    ("python.requirements", ["a==1"], {}, "env.AGENTRIG_RUN_PACKAGES.value", "/packages"),
    (
        "python.indexSecret.name",
        NAMED,
        NUMPY,
        f"{FETCH}.env.0.valueFrom.secretKeyRef",
        {"name": "rel-x", "key": "url"},
    ),
    (
        "python.indexSecret.key",
        "k",
        {"python": {**NUMPY["python"], "indexSecret": {"name": "index"}}},
        f"{FETCH}.env.0.valueFrom.secretKeyRef.key",
        "k",
    ),
    ("python.builds", True, NUMPY, f"{FETCH}.args.4", "--builds"),
    ("python.sizeLimit", "1Gi", NUMPY, f"{VOLUMES}.2.emptyDir.sizeLimit", "1Gi"),
    ("env", {"HTTPS_PROXY": "http://p:1"}, GIT, f"{FETCH}.env.0.value", "http://p:1"),
    ("env", {"A": "1e6"}, {}, "env.A.value", "1e6"),
    ("env", {"A": NAMED}, {}, "env.A.value", "rel-x"),
    (
        "env",
        {"A": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {},
        "env.A.valueFrom.secretKeyRef.name",
        "s",
    ),
    (
        "envFrom",
        [{"secretRef": {"name": NAMED}}],
        {},
        f"{RUNNER}.envFrom.0.secretRef.name",
        "rel-x",
    ),
    (
        "secretMounts",
        {"ca": {"secretName": "s", "mountPath": "/ca"}},
        {},
        f"{RUNNER}.volumeMounts.2",
        {"name": "secret-ca", "mountPath": "/ca", "readOnly": True},
    ),
    (
        "secretMounts",
        {"ca": {"secretName": NAMED, "mountPath": "/ca", "optional": True}},
        {},
        f"{POD}.volumes.2.secret",
        {"secretName": "rel-x", "optional": True},
    ),
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
    (
        "networkPolicy.results.store",
        AWAY,
        {
            **POLICED,
            "results": {"store": {"url": "s3://qa-results", "endpoint": "http://10.1.2.3:7070"}},
        },
        f"{EGRESS}.2.to.0.ipBlock.cidr",
        "203.0.113.0/24",
    ),
    ("networkPolicy.results.search", [], {**POLICED, **SEARCHED}, f"{EGRESS}.2", None),
    (
        "networkPolicy.results.webhook",
        AWAY,
        {**POLICED, **TOLD, "networkPolicy": {"enabled": True, "results": {"webhook": []}}},
        f"{EGRESS}.2.ports",
        [{"port": 443, "protocol": "TCP"}],
    ),
    ("resources", {"limits": {"memory": "1Gi"}}, {}, f"{RUNNER}.resources.limits.memory", "1Gi"),
    ("job.activeDeadlineSeconds", 2_000_000, {}, f"{JOB}.activeDeadlineSeconds", 2_000_000),
    ("job.activeDeadlineSeconds", 60, {"mode": "hook"}, "Pod.spec.activeDeadlineSeconds", 60),
    ("job.ttlSecondsAfterFinished", 0, {}, f"{JOB}.ttlSecondsAfterFinished", 0),
    ("job.backoffLimit", 0, {}, f"{JOB}.backoffLimit", 0),
    ("cronjob.schedule", "5 4 * * *", {}, f"{CRON}.schedule", "5 4 * * *"),
    ("cronjob.timeZone", "Europe/Madrid", {}, f"{CRON}.timeZone", "Europe/Madrid"),
    ("cronjob.concurrencyPolicy", "Replace", {}, f"{CRON}.concurrencyPolicy", "Replace"),
    ("cronjob.startingDeadlineSeconds", 42, {}, f"{CRON}.startingDeadlineSeconds", 42),
    ("cronjob.startingDeadlineSeconds", None, {}, f"{CRON}.startingDeadlineSeconds", None),
    ("cronjob.successfulJobsHistoryLimit", 0, {}, f"{CRON}.successfulJobsHistoryLimit", 0),
    ("cronjob.failedJobsHistoryLimit", 0, {}, f"{CRON}.failedJobsHistoryLimit", 0),
    ("cronjob.suspend", True, {}, f"{CRON}.suspend", True),
    (
        "hook.deletePolicy",
        ["before-hook-creation", "hook-succeeded"],
        {"mode": "hook"},
        "Pod.metadata.annotations.helm+sh/hook-delete-policy",
        "before-hook-creation,hook-succeeded",
    ),
    (
        "hook.outputLogPolicy",
        ["hook-failed"],
        {"mode": "hook"},
        "Pod.metadata.annotations.helm+sh/hook-output-log-policy",
        "hook-failed",
    ),
    ("serviceAccount.create", False, {}, "ServiceAccount", None),
    ("serviceAccount.create", False, {}, f"{POD}.serviceAccountName", "default"),
    ("serviceAccount.name", "acc", {}, "ServiceAccount.metadata.name", "acc"),
    ("serviceAccount.name", "acc", {}, f"{POD}.serviceAccountName", "acc"),
    ("serviceAccount.annotations", {"a": "b"}, {}, "ServiceAccount.metadata.annotations.a", "b"),
    ("serviceAccount.mountToken", True, {}, f"{POD}.automountServiceAccountToken", True),
    ("rbac.preset", "read-pods", {}, "Role.rules.0.resources", ["pods", "pods/log"]),
    ("rbac.preset", "read-pods", {}, f"{POD}.automountServiceAccountToken", True),
    ("rbac.preset", "patch-deployments", {}, "Role.rules.1.verbs.3", "patch"),
    ("rbac.rules", [RULE], {}, "Role.rules", [RULE]),
    ("rbac.rules", [RULE], {"rbac": {"preset": "read-pods"}}, "Role.rules.1", RULE),
    ("rbac.rules", [RULE], {}, f"{POD}.automountServiceAccountToken", True),
    ("rbac.clusterRules", [NODES], ANYWHERE, "ClusterRole.rules", [NODES]),
    ("rbac.clusterRules", [NODES], ANYWHERE, "ClusterRoleBinding.subjects.0.namespace", "qa"),
    ("rbac.clusterRules", [NODES], ANYWHERE, f"{POD}.automountServiceAccountToken", True),
    ("rbac.namespace", "x", {"rbac": {"rules": [RULE]}}, "RoleBinding.metadata.namespace", "x"),
    ("networkPolicy.enabled", True, {}, "NetworkPolicy.spec.policyTypes", ["Ingress", "Egress"]),
    ("networkPolicy.dns.to", [], POLICED, f"{EGRESS}.0.to.0.podSelector", None),
    ("networkPolicy.dns.ports", [1053], POLICED, f"{EGRESS}.0.ports.1.port", 1053),
    ("networkPolicy.agents.enabled", False, POLICED, f"{EGRESS}.1", None),
    (
        "networkPolicy.agents.podSelector",
        {"matchLabels": {"app": NAMED}},
        POLICED,
        f"{EGRESS}.1.to.0.podSelector.matchLabels.app",
        "rel-x",
    ),
    (
        "networkPolicy.agents.ports",
        [80],
        POLICED,
        f"{EGRESS}.1.ports",
        [{"port": 80, "protocol": "TCP"}],
    ),
    (
        "networkPolicy.targets",
        [{"cidr": "203.0.113.0/24", "except": ["203.0.113.7/32"]}],
        POLICED,
        f"{EGRESS}.2.to.0.ipBlock",
        {"cidr": "203.0.113.0/24", "except": ["203.0.113.7/32"]},
    ),
    (
        "networkPolicy.targets",
        [{"podSelector": {"matchLabels": {"app": NAMED}}}],
        POLICED,
        f"{EGRESS}.2.to.0.podSelector.matchLabels.app",
        "rel-x",
    ),
    (
        "networkPolicy.apiServer.cidrs",
        ["10.0.0.1/32", "10.0.0.2/32"],
        REACHING,
        f"{EGRESS}.2.to.1.ipBlock.cidr",
        "10.0.0.2/32",
    ),
    ("networkPolicy.apiServer.ports", [8443], REACHING, f"{EGRESS}.2.ports.0.port", 8443),
    ("podDisruptionBudget.enabled", True, {}, f"{BUDGET}.minAvailable", 1),
    ("podDisruptionBudget.enabled", True, SHARDED, f"{BUDGET}.minAvailable", 2),
    ("shards.parallelism", 1, {**SHARDED, **BUDGETED}, f"{BUDGET}.minAvailable", 1),
    (
        "secrets.existing",
        [{"name": NAMED, "optional": True}],
        {},
        f"{SECRETS}.0.secret",
        {"name": "rel-x", "optional": True},
    ),
    ("secrets.existing", [{"name": "s"}], {}, "env.AGENTRIG_RUN_SECRETS.value", "/secrets"),
    (
        "secrets.existing",
        [{"name": "s"}],
        {},
        f"{RUNNER}.volumeMounts.2",
        {"name": "secrets", "mountPath": "/secrets", "readOnly": True},
    ),
    (
        "secrets.external.apiVersion",
        "external-secrets.io/v1beta1",
        EXTERNAL,
        "ExternalSecret.apiVersion",
        "external-secrets.io/v1beta1",
    ),
    (
        "secrets.external.store.name",
        "other",
        EXTERNAL,
        "ExternalSecret.spec.secretStoreRef.name",
        "other",
    ),
    (
        "secrets.external.store.kind",
        "ClusterSecretStore",
        EXTERNAL,
        "ExternalSecret.spec.secretStoreRef.kind",
        "ClusterSecretStore",
    ),
    (
        "secrets.external.refreshInterval",
        "1h30m",
        EXTERNAL,
        "ExternalSecret.spec.refreshInterval",
        "1h30m",
    ),
    ("secrets.external.secretName", NAMED, EXTERNAL, "ExternalSecret.spec.target.name", "rel-x"),
    ("secrets.external.secretName", "made", EXTERNAL, f"{SECRETS}.0.secret.name", "made"),
    (
        "secrets.external.data",
        {"KEY": {"key": "k", "property": "p"}},
        {"secrets": {"external": {"store": {"name": "vault"}}}},
        "ExternalSecret.spec.data.0",
        {"secretKey": "KEY", "remoteRef": {"key": "k", "property": "p"}},
    ),
    (
        "secrets.external.dataFrom",
        [{"extract": {"key": "k"}}],
        {"secrets": {"external": {"store": {"name": "vault"}}}},
        "ExternalSecret.spec.dataFrom.0.extract.key",
        "k",
    ),
    (
        "secrets.csi.driver",
        "secrets-store-gke.csi.k8s.io",
        {"secrets": {"csi": {"secretProviderClass": "llm"}}},
        f"{POD}.volumes.2.csi.driver",
        "secrets-store-gke.csi.k8s.io",
    ),
    (
        "secrets.csi.secretProviderClass",
        NAMED,
        {},
        f"{POD}.volumes.2.csi.volumeAttributes.secretProviderClass",
        "rel-x",
    ),
    ("podSecurityContext.runAsUser", None, {}, f"{POD}.securityContext.runAsUser", None),
    (
        "podSecurityContext.runAsUser",
        1_000_680_000,
        {},
        f"{POD}.securityContext.runAsUser",
        1_000_680_000,
    ),
    ("podSecurityContext.runAsGroup", 0, {}, f"{POD}.securityContext.runAsGroup", 0),
    ("podSecurityContext.fsGroup", 7, {}, f"{POD}.securityContext.fsGroup", 7),
    ("volumes.resultsSizeLimit", "1Gi", {}, f"{POD}.volumes.0.emptyDir.sizeLimit", "1Gi"),
    ("volumes.tmpSizeLimit", "1Gi", {}, f"{POD}.volumes.1.emptyDir.sizeLimit", "1Gi"),
    ("mode", "sharded", SHARDED | {"mode": "cronjob"}, f"{JOB}.completionMode", "Indexed"),
    ("shards.count", 3, SHARDED, f"{JOB}.completions", 3),
    ("shards.count", 3, SHARDED, f"{JOB}.parallelism", 3),
    ("shards.count", 3, SHARDED, f"{RUNNER}.args", ["run", "/scenarios/demo", "--shard=/3"]),
    ("shards.count", 3, {"mode": "cronjob"}, f"{CRON}.jobTemplate.spec.completions", 3),
    ("shards.parallelism", 1, SHARDED, f"{JOB}.parallelism", 1),
    ("shards.backoffLimitPerIndex", 0, SHARDED, f"{JOB}.backoffLimitPerIndex", 0),
    ("shards.maxFailedIndexes", 0, SHARDED, f"{JOB}.maxFailedIndexes", 0),
    ("shards.backoffLimit", 0, SHARDED, f"{JOB}.backoffLimit", 0),
    ("job.podFailurePolicy.rules", [KILLED], {}, f"{JOB}.podFailurePolicy.rules.0", KILLED),
    ("job.podReplacementPolicy", None, {}, f"{JOB}.podReplacementPolicy", None),
    ("job.suspend", True, {}, f"{JOB}.suspend", True),
    ("job.suspend", True, {"mode": "cronjob"}, f"{CRON}.jobTemplate.spec.suspend", True),
    ("job.labels", {"a": "b"}, {}, "Job.metadata.labels.a", "b"),
    (
        "job.labels",
        {"a": "b"},
        {"mode": "cronjob"},
        f"{CRON}.jobTemplate.metadata.labels.a",
        "b",
    ),
    ("job.annotations", {"a": "b"}, {}, "Job.metadata.annotations.a", "b"),
    (
        "job.annotations",
        {"a": "b"},
        {"mode": "cronjob"},
        f"{CRON}.jobTemplate.metadata.annotations.a",
        "b",
    ),
    ("kueue.queueName", "q", {}, "Job.metadata.labels.kueue+x-k8s+io/queue-name", "q"),
    ("kueue.queueName", "q", {}, f"{JOB}.suspend", True),
    ("kueue.priorityClass", "p", {}, "Job.metadata.labels.kueue+x-k8s+io/priority-class", "p"),
    ("commonLabels", {"a": NAMED}, {}, "ServiceAccount.metadata.labels.a", "rel-x"),
    ("commonLabels", {"a": NAMED}, {}, f"{TEMPLATE}.labels.a", "rel-x"),
    ("commonAnnotations", {"a": NAMED}, {}, "ServiceAccount.metadata.annotations.a", "rel-x"),
    ("podLabels", {"a": NAMED}, {}, f"{TEMPLATE}.labels.a", "rel-x"),
    ("podLabels", {"a": "b"}, {"mode": "hook"}, "Pod.metadata.labels.a", "b"),
    ("podAnnotations", {"a": NAMED}, {}, f"{TEMPLATE}.annotations.a", "rel-x"),
    ("podAnnotations", {"a": "b"}, {"mode": "hook"}, "Pod.metadata.annotations.a", "b"),
    ("global.imageRegistry", "reg.test", {}, f"{RUNNER}.image", "reg.test/agentrig:0.1.0"),
    ("global.imagePullSecrets", ["a"], {}, f"{POD}.imagePullSecrets", [{"name": "a"}]),
    ("imagePullSecrets", [{"name": "a"}], {}, f"{POD}.imagePullSecrets", [{"name": "a"}]),
    ("extraVolumes", [{"name": "v", "emptyDir": {}}], {}, f"{POD}.volumes.2.name", "v"),
    (
        "extraVolumeMounts",
        [{"name": "v", "mountPath": f"/{NAMED}"}],
        {},
        f"{RUNNER}.volumeMounts.2",
        {"name": "v", "mountPath": "/rel-x"},
    ),
    ("sidecars", [BESIDE], {}, f"{POD}.initContainers.0.restartPolicy", "Always"),
    (
        "sidecars",
        [BESIDE],
        {"initContainers": [BESIDE | {"name": "fill"}]},
        f"{POD}.initContainers.0.name",
        "redis",
    ),
    (
        "sidecars",
        [BESIDE | {"securityContext": {"runAsUser": 1_000_680_000}}],
        {},
        f"{POD}.initContainers.0.securityContext",
        {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsUser": 1_000_680_000,
        },
    ),
    ("initContainers", [BESIDE], {}, f"{POD}.initContainers.0.image", "redis:8.2.1"),
    ("terminationGracePeriodSeconds", 7, {}, f"{POD}.terminationGracePeriodSeconds", 7),
    ("priorityClassName", "low", {}, f"{POD}.priorityClassName", "low"),
    ("nodeSelector", {"a": "b"}, {}, f"{POD}.nodeSelector", {"a": "b"}),
    ("affinity", {"podAffinity": {}}, {}, f"{POD}.affinity", {"podAffinity": {}}),
    ("tolerations", [{"key": "spot"}], {}, f"{POD}.tolerations", [{"key": "spot"}]),
    (
        "topologySpreadConstraints",
        [{"maxSkew": 1, "topologyKey": NAMED, "whenUnsatisfiable": "DoNotSchedule"}],
        {},
        f"{POD}.topologySpreadConstraints.0.topologyKey",
        "rel-x",
    ),
    ("runtimeClassName", "gvisor", {}, f"{POD}.runtimeClassName", "gvisor"),
    (
        "hostAliases",
        [{"ip": "10.1.2.3", "hostnames": ["a"]}],
        {},
        f"{POD}.hostAliases.0.hostnames.0",
        "a",
    ),
    ("dnsPolicy", "Default", {}, f"{POD}.dnsPolicy", "Default"),
    ("dnsConfig", {"searches": ["a"]}, {}, f"{POD}.dnsConfig.searches", ["a"]),
    ("dnsConfig", {"options": []}, {}, f"{POD}.dnsConfig.options", []),
    ("extraObjects", [{"kind": "More", "a": NAMED}], {}, "More.a", "rel-x"),
    ("extraObjects", ["kind: More\na: {{ .Release.Revision }}"], {}, "More.a", 1),
]


# values that lift a refusal and do nothing else: value, what it is set to, what is refused without
PERMISSIONS: list[tuple[str, Any, dict[str, Any], str]] = [
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


def test_every_value_has_a_row() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    # What reads `enabled` is a parent chart's condition: see test_examples.py. Labels are what a
    # cluster is asked for: see ci/e2e/test_refusals.py.
    own = set(leaves(defaults)) - {"enabled", "refuseNamespaceLabels"}
    assert {row[0] for row in [*EFFECTS, *PERMISSIONS]} == own


@pytest.mark.parametrize("row", PERMISSIONS, ids=[row[0] for row in PERMISSIONS])
def test_permission_lifts_the_refusal(
    row: tuple[str, Any, dict[str, Any], str],
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
def test_value_shows(
    row: tuple[str, Any, dict[str, Any], str, Any], render: Render, tmp_path: Path
) -> None:
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
