"""What the values for the Pod and its containers change."""

from __future__ import annotations

from charts.tests.effects.common import NAMED, POD, RUNNER, TEMPLATE, Effect

BESIDE = {
    "name": "redis",
    "image": "redis:8.2.1",
    "resources": {"limits": {"cpu": "1", "memory": "64Mi"}},
}

EFFECTS: list[Effect] = [
    ("resources", {"limits": {"memory": "1Gi"}}, {}, f"{RUNNER}.resources.limits.memory", "1Gi"),
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
    ("podLabels", {"a": NAMED}, {}, f"{TEMPLATE}.labels.a", "rel-x"),
    ("podLabels", {"a": "b"}, {"mode": "hook"}, "Pod.metadata.labels.a", "b"),
    ("podAnnotations", {"a": NAMED}, {}, f"{TEMPLATE}.annotations.a", "rel-x"),
    ("podAnnotations", {"a": "b"}, {"mode": "hook"}, "Pod.metadata.annotations.a", "b"),
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
]
