"""What the values of `secrets` change."""

from __future__ import annotations

from charts.tests.effects.common import NAMED, POD, RUNNER, Effect

SECRETS = f"{POD}.volumes.2.projected.sources"
EXTERNAL = {"secrets": {"external": {"store": {"name": "vault"}, "data": {"KEY": {"key": "k"}}}}}

EFFECTS: list[Effect] = [
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
]
