"""What the values for names, labels, annotations, images and more objects change."""

from __future__ import annotations

from charts.tests.effects.common import NAMED, POD, RUNNER, TEMPLATE, Effect

DIGEST = "sha256:" + "0" * 64

EFFECTS: list[Effect] = [
    ("nameOverride", "suite", {}, "Job.metadata.name", "rel-suite-run-1"),
    ("fullnameOverride", "nightly", {}, "Job.metadata.name", "nightly-run-1"),
    ("image.repository", "reg:5000/a", {}, f"{RUNNER}.image", "reg:5000/a:0.1.0"),
    ("image.tag", "9.9.9", {}, f"{RUNNER}.image", "agentrig:9.9.9"),
    ("image.digest", DIGEST, {}, f"{RUNNER}.image", f"agentrig@{DIGEST}"),
    ("image.pullPolicy", "Never", {}, f"{RUNNER}.imagePullPolicy", "Never"),
    ("commonLabels", {"a": NAMED}, {}, "ServiceAccount.metadata.labels.a", "rel-x"),
    ("commonLabels", {"a": NAMED}, {}, f"{TEMPLATE}.labels.a", "rel-x"),
    ("commonAnnotations", {"a": NAMED}, {}, "ServiceAccount.metadata.annotations.a", "rel-x"),
    ("global.imageRegistry", "reg.test", {}, f"{RUNNER}.image", "reg.test/agentrig:0.1.0"),
    ("global.imagePullSecrets", ["a"], {}, f"{POD}.imagePullSecrets", [{"name": "a"}]),
    ("imagePullSecrets", [{"name": "a"}], {}, f"{POD}.imagePullSecrets", [{"name": "a"}]),
    ("extraObjects", [{"kind": "More", "a": NAMED}], {}, "More.a", "rel-x"),
    ("extraObjects", ["kind: More\na: {{ .Release.Revision }}"], {}, "More.a", 1),
]
