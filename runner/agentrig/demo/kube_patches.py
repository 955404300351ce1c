"""The patches that the Kubernetes stand-in knows: strategic merge and merge (RFC 7396)."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException

__all__ = ["APPLY", "MERGE", "STRATEGIC_MERGE", "merged", "strategically_merged"]

STRATEGIC_MERGE = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"

# What the elements of a list are told apart by; any other list is replaced as a whole.
_KEYS = {"containers": "name", "env": "name"}


def merged(target: Any, patch: Any) -> Any:
    """Apply a merge patch: null takes a key away, a list is replaced."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def strategically_merged(target: Any, patch: Any) -> Any:
    """Apply a strategic merge patch: containers and variables are merged by their name.

    Raises HTTPException 422 for an element without its name, and for a directive but `delete`.
    """
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif key in _KEYS and isinstance(value, list) and isinstance(result.get(key), list):
            result[key] = _merged_list(result[key], value, _KEYS[key])
        else:
            result[key] = strategically_merged(result.get(key), value)
    return result


def _merged_list(targets: list[Any], patches: list[Any], key: str) -> list[Any]:
    result = {one[key]: one for one in targets}
    for patch in patches:
        name = patch.get(key) if isinstance(patch, dict) else None
        if not isinstance(name, str) or not name:
            raise HTTPException(422, f"an element of a list needs a {key}")
        directive = patch.get("$patch")
        if directive not in {None, "delete"}:
            raise HTTPException(422, "of patch directives the stand-in has only delete")
        if directive:
            result.pop(name, None)
        else:
            result[name] = strategically_merged(result.get(name), patch)
    return list(result.values())
