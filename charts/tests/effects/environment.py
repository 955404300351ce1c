"""What the values for libraries, variables and mounted Secrets change."""

from __future__ import annotations

from charts.tests.effects.common import FETCH, GIT, NAMED, POD, RUNNER, VOLUMES, Effect

NUMPY = {"python": {"requirements": ["numpy==2.3.4"]}}

EFFECTS: list[Effect] = [
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
]
