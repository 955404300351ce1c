"""ConfigMaps of the Kubernetes stand-in: held in memory, in whichever namespace they are put."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from starlette.exceptions import HTTPException

from agentrig.demo.kube_deployments import timestamp
from agentrig.demo.kube_patches import APPLY, merged, patched

__all__ = ["ConfigMaps"]

# A test that forgets them must not fill the memory.
_AT_MOST = 100
_FIELDS = frozenset({"apiVersion", "kind", "metadata", "data"})


@dataclass
class ConfigMaps:
    """ConfigMaps by namespace and name; what was applied last is kept beside each."""

    _found: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _applied: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _versions: count[int] = field(default_factory=lambda: count(1))

    def get(self, name: str, *, namespace: str) -> dict[str, Any]:
        """Give a ConfigMap. Raises HTTPException 404."""
        try:
            return self._found[namespace, name]
        except KeyError:
            raise HTTPException(404, f'configmaps "{name}" not found') from None

    def delete(self, name: str, *, namespace: str) -> None:
        """Take a ConfigMap away. Raises HTTPException 404."""
        self.get(name, namespace=namespace)
        del self._found[namespace, name]
        self._applied.pop((namespace, name), None)

    def patch(self, name: str, patch: Any, *, content_type: str, namespace: str) -> dict[str, Any]:
        """Merge into a ConfigMap, or apply one; applying makes it where there is none."""
        if content_type == APPLY and isinstance(patch, dict):
            return self._apply(name, patch, namespace=namespace)
        before = self.get(name, namespace=namespace)
        return self._keep(name, patched(before, patch, content_type), namespace=namespace)

    def _apply(self, name: str, manifest: dict[str, Any], *, namespace: str) -> dict[str, Any]:
        key = namespace, name
        before = self._found.get(key)
        if before is None:
            if len(self._found) >= _AT_MOST:
                raise HTTPException(422, f"the stand-in holds {_AT_MOST} ConfigMaps and no more")
            metadata = {
                "name": name,
                "namespace": namespace,
                "uid": str(uuid.uuid4()),
                "creationTimestamp": timestamp(datetime.now(UTC)),
            }
            before = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        # What the same manager applied before, and now does not, goes away.
        gone = merged(before, _without(self._applied.get(key, {}), manifest))
        kept = self._keep(name, merged(gone, manifest), namespace=namespace)
        self._applied[key] = manifest
        return kept

    def _keep(self, name: str, content: dict[str, Any], *, namespace: str) -> dict[str, Any]:
        if unknown := [field for field in content if field not in _FIELDS]:
            raise HTTPException(422, f"unknown field '{unknown[0]}'")
        data = content.get("data", {})
        if not isinstance(data, dict) or not all(isinstance(one, str) for one in data.values()):
            raise HTTPException(422, "the values of 'data' must be texts")
        if content["metadata"].get("name") != name:
            raise HTTPException(422, "the name of an object cannot change")
        version = str(next(self._versions))
        content["metadata"] = {**content["metadata"], "resourceVersion": version}
        self._found[namespace, name] = content
        return content


def _without(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Make the merge patch that takes away what `before` has and `now` has not."""
    patch: dict[str, Any] = {}
    for key, value in before.items():
        if key not in now:
            patch[key] = None
        elif isinstance(value, dict) and isinstance(now[key], dict):
            patch[key] = _without(value, now[key])
    return patch
