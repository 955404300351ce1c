"""Fields of the API's JSON, read so that no shape of it raises: what is not as expected is empty."""

from __future__ import annotations

from typing import Any

__all__ = ["flag", "mapping", "number", "objects", "text"]


def mapping(value: Any, *keys: str) -> dict[str, Any]:
    """Give the object at a path, empty where there is none."""
    found = _at(value, keys)
    return found if isinstance(found, dict) else {}


def objects(value: Any, *keys: str) -> list[dict[str, Any]]:
    """Give the list of objects at a path; whatever else is in it is left out."""
    found = _at(value, keys)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(value: Any, *keys: str) -> str:
    """Give the text at a path."""
    found = _at(value, keys)
    return found if isinstance(found, str) else ""


def number(value: Any, *keys: str) -> int | None:
    """Give the whole number at a path."""
    found = _at(value, keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(value: Any, *keys: str) -> bool:
    """Say whether there is a true at a path."""
    return _at(value, keys) is True


def _at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
