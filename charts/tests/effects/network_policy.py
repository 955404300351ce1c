"""What the values of `networkPolicy` change."""

from __future__ import annotations

from charts.tests.effects.common import AWAY, NAMED, POLICED, SEARCHED, TOLD, Effect

EGRESS = "NetworkPolicy.spec.egress"
REACHING = {
    "rbac": {"preset": "read-pods"},
    "networkPolicy": {"enabled": True, "apiServer": {"cidrs": ["192.0.2.1/32"]}},
}

EFFECTS: list[Effect] = [
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
]
