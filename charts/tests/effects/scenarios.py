"""What the values of `scenarios` change."""

from __future__ import annotations

from charts.tests.effects.common import FETCH, GIT, NAMED, RUNNER, VOLUMES, Effect

BY_TOKEN = {"scenarios": {"git": {**GIT["scenarios"]["git"], "tokenSecret": {"name": "t"}}}}
BY_KEY = {
    "scenarios": {"git": {"url": "git@h:r.git", "ref": "v1", "sshSecret": {"name": "deploy"}}}
}
S3 = {"scenarios": {"s3": {"bucket": "qa"}}}
BY_SECRET = {"scenarios": {"s3": {"bucket": "qa", "credentialsSecret": {"name": "aws"}}}}

EFFECTS: list[Effect] = [
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
]
