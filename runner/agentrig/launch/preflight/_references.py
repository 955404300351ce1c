"""The Secrets and ConfigMaps that a pod's spec names, and what of them it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Needed", "needed_objects"]

_KEYED = {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}
_WHOLE = {"secretRef": "Secret", "configMapRef": "ConfigMap"}


class Needed(Struct, frozen=True, kw_only=True):
    """One object that a pod cannot start without, all uses of it together.

    `keys` are those that must be there, `used_by` says where it stands in the pod's spec.
    """

    kind: str
    name: str
    keys: tuple[str, ...]
    used_by: tuple[str, ...]


class _Use(Struct, frozen=True):
    kind: str
    name: str
    keys: tuple[str, ...]
    place: str


def needed_objects(*specs: dict[str, Any]) -> list[Needed]:
    """List what `specs` (PodSpecs) need, less what they call optional; pull secrets apart."""
    uses: dict[tuple[str, str], list[_Use]] = {}
    for spec in specs:
        for use in (*_of_containers(spec), *_of_volumes(spec)):
            uses.setdefault((use.kind, use.name), []).append(use)
    return [
        Needed(
            kind=kind,
            name=name,
            keys=tuple(dict.fromkeys(key for use in found for key in use.keys)),
            used_by=tuple(dict.fromkeys(use.place for use in found)),
        )
        for (kind, name), found in uses.items()
    ]


def _of_containers(spec: dict[str, Any]) -> Iterator[_Use]:
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        where = f"container {container['name']}"
        for variable in container.get("env") or ():
            for field, kind in _KEYED.items():
                reference = (variable.get("valueFrom") or {}).get(field)
                if reference and not reference.get("optional"):
                    place = f"env {variable['name']} of {where}"
                    yield _Use(kind, reference["name"], (reference["key"],), place)
        for source in container.get("envFrom") or ():
            for field, kind in _WHOLE.items():
                reference = source.get(field)
                if reference and not reference.get("optional"):
                    yield _Use(kind, reference["name"], (), f"envFrom of {where}")


def _of_volumes(spec: dict[str, Any]) -> Iterator[_Use]:
    for volume in spec.get("volumes") or ():
        place = f"volume {volume['name']}"
        for kind, source, name in _sources(volume):
            if not source.get("optional"):
                keys = tuple(item["key"] for item in source.get("items") or ())
                yield _Use(kind, source[name], keys, place)


def _sources(volume: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the kind, the source, and the field with the name: it has two."""
    if secret := volume.get("secret"):
        yield "Secret", secret, "secretName"
    if config_map := volume.get("configMap"):
        yield "ConfigMap", config_map, "name"
    for source in (volume.get("projected") or {}).get("sources") or ():
        if secret := source.get("secret"):
            yield "Secret", secret, "name"
        if config_map := source.get("configMap"):
            yield "ConfigMap", config_map, "name"
