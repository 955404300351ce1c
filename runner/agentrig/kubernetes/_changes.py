"""How a change to an object is taken back, without touching what others changed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["reverting", "with_owners_of"]

# Kept by the API server; `status` belongs to the object's controller.
_OF_THE_SERVER = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


def reverting(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Make the merge patch (RFC 7396) that turns `after` back into `before`; empty if it is.

    Only what differs between the two is in it, so that a field which another client changed in
    the meantime stays. A list is put back whole: merge patches know no other way.
    """
    return _difference(_own(after), _own(before))


def with_owners_of(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Make the merge patch that gives the fields back to the managers who had them.

    What owns the status stays as it is now. Empty where the API keeps no managers.
    """
    managers = [one for one in _managers(before) if not one.get("subresource")]
    if not managers:
        return {}
    status = [one for one in _managers(now) if one.get("subresource")]
    return {"metadata": {"managedFields": [*managers, *status]}}


def _managers(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return (content.get("metadata") or {}).get("managedFields") or []


def _own(content: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in content.items() if key != "status"}
    metadata = content.get("metadata") or {}
    kept["metadata"] = {k: v for k, v in metadata.items() if k not in _OF_THE_SERVER}
    return kept


def _difference(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {key: None for key in now if key not in wanted}
    for key, value in wanted.items():
        if key not in now:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(now[key], dict):
            if inner := _difference(now[key], value):
                patch[key] = inner
        elif value != now[key]:
            patch[key] = value
    return patch
