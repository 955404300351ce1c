"""What the values of `run` and of its log change."""

from __future__ import annotations

from charts.tests.effects.common import NAMED, RULE, RUNNER, Effect

EFFECTS: list[Effect] = [
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
]
