"""What the values of `serviceAccount` and `rbac` change."""

from __future__ import annotations

from charts.tests.effects.common import NODES, POD, RULE, Effect

ANYWHERE = {"rbac": {"allowClusterWide": True}}

EFFECTS: list[Effect] = [
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
]
