"""Manifests: the objects that a text or a file describes, each one checked for what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from agentrig.errors import UsageError

__all__ = ["manifest_problem", "read_manifests"]

_WORDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list"}


def read_manifests(source: str | Mapping[str, Any] | Sequence[Any]) -> list[dict[str, Any]]:
    """List the objects of YAML text with one or more documents, of an object, or of several.

    A `List` stands for its items, an empty document for nothing. Raises UsageError for what is no
    manifest.
    """
    if isinstance(source, str):
        try:
            documents = list(yaml.safe_load_all(source))
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # no date, or too deep
            raise UsageError(f"the manifest is no YAML: {error}") from error
    else:
        documents = list(source) if isinstance(source, list | tuple) else [source]
    found = _flat([one for one in documents if one is not None])
    if not found:
        raise UsageError("the manifest holds no object")
    for place, one in enumerate(found):
        if problem := manifest_problem(one):
            which = f" (object {place + 1} of {len(found)})" if len(found) > 1 else ""
            raise UsageError(f"the manifest is of no use{which}: {problem}")
    return found


def manifest_problem(manifest: Any) -> str | None:
    """Say what a manifest lacks; None where the API can be asked."""
    if not isinstance(manifest, Mapping):
        what = _WORDS.get(type(manifest), type(manifest).__name__)
        return f"an object is needed, not {what}"
    for key in ("apiVersion", "kind"):
        if not isinstance(manifest.get(key), str):
            return f"'{key}' is missing"
    metadata = manifest.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        return "'metadata.name' is missing"
    return None


def _flat(documents: Sequence[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in documents:
        items = one.get("items") if isinstance(one, Mapping) else None
        if isinstance(items, list) and str(one.get("kind")).endswith("List"):
            found += _flat(items)
        else:
            found.append(one)
    return found
