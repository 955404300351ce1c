"""Which cluster is meant: the kubeconfig that was named, the pod's own account, or ~/.kube/config."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentrig.kubernetes._errors import explained

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import SingleConfig

__all__ = ["chosen_namespace", "single_config"]


def single_config(*, context: str | None, server: str | None) -> SingleConfig:
    """Find the cluster's address and credentials. Raises what `explained` explains.

    A kubeconfig that was named, by KUBECONFIG or by its context, comes before the pod's own
    account, as it does for helm and kubectl: a CI job in a pod deploys elsewhere.
    """
    from lightkube import KubeConfig  # noqa: PLC0415  # 200 ms, an extra
    from lightkube.config import models  # noqa: PLC0415  # as above
    from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG  # noqa: PLC0415  # as above
    from lightkube.core.exceptions import ConfigError  # noqa: PLC0415  # as above

    named = os.environ.get("KUBECONFIG")
    if server:
        one = models.Cluster(server=server)
        config = KubeConfig.from_one(cluster=one, user=models.User())
    elif named or context:
        config = KubeConfig.from_file(named or DEFAULT_KUBECONFIG)
    else:
        config = KubeConfig.from_env()
    found = config.get(context)
    if found is None:
        raise ConfigError("no context is chosen")
    return found


def chosen_namespace(*, context: str | None = None) -> str:
    """Give the namespace that the context, or the pod itself, names; `default` without one.

    Raises ClusterError where no cluster is configured, UsageError without the extra.
    """
    with explained("find the namespace", f"context {context or '(current)'}"):
        return str(single_config(context=context, server=None).namespace)
