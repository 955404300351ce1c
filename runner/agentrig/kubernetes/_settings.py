"""Which cluster, and which namespace of it, a run works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KubernetesSettings"]


class KubernetesSettings(Struct, frozen=True, kw_only=True):
    """How the API is found: `server` as it is, else the pod's service account or the kubeconfig.

    `context` is a context of the kubeconfig. `on_rollout` is called after each rollout, from any
    thread: pods were replaced, and tunnels to them lead nowhere.
    """

    namespace: str = "default"
    context: str | None = None
    server: str | None = None
    on_rollout: Callable[[], None] | None = None
