"""The patches that the Kubernetes stand-in knows: strategic merge, merge (RFC 7396), JSON."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from starlette.exceptions import HTTPException

__all__ = ["APPLY", "JSON_PATCH", "MERGE", "STRATEGIC_MERGE", "merged", "patched"]

STRATEGIC_MERGE = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

# What the elements of a list are told apart by; any other list is replaced as a whole.
_KEYS = {"containers": "name", "env": "name"}


def patched(target: Any, patch: Any, content_type: str) -> Any:
    """Apply a patch of any kind but `APPLY`. Raises HTTPException 415, or 422 for a wrong one."""
    if content_type == JSON_PATCH and isinstance(patch, list):
        return _operated(target, patch)
    if content_type in {MERGE, STRATEGIC_MERGE} and isinstance(patch, dict):
        change = merged if content_type == MERGE else _strategically_merged
        return change(target, patch)
    known = f"{STRATEGIC_MERGE}, {MERGE}, {JSON_PATCH}"
    raise HTTPException(415, f"the body of a patch must be one of {known}")


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


def _strategically_merged(target: Any, patch: Any) -> Any:
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
            result[key] = _strategically_merged(result.get(key), value)
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
            result[name] = _strategically_merged(result.get(name), patch)
    return list(result.values())


def _operated(target: Any, operations: list[Any]) -> Any:
    """Apply the operations of RFC 6902, of which there are add, replace, remove and test."""
    result = deepcopy(target)
    for operation in operations:
        try:
            *above, last = _parts(operation["path"])
            parent = result
            for part in above:
                parent = parent[int(part) if isinstance(parent, list) else part]
            _operate(parent, last, operation)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise HTTPException(422, f"the operation {operation} cannot be applied") from None
    return result


def _operate(parent: Any, last: str, operation: dict[str, Any]) -> None:
    name = operation["op"]
    if isinstance(parent, list) and name == "add":
        parent.insert(len(parent) if last == "-" else int(last), operation["value"])
        return
    key = int(last) if isinstance(parent, list) else last
    if name == "add":
        parent[key] = operation["value"]
        return
    before = parent[key]
    if name == "remove":
        del parent[key]
    elif name == "replace":
        parent[key] = operation["value"]
    elif name != "test" or before != operation["value"]:
        raise ValueError(name)


def _parts(pointer: str) -> list[str]:
    """Split a JSON pointer (RFC 6901)."""
    if not pointer.startswith("/"):
        raise ValueError(pointer)
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
