"""Tags as markers, for as long as pytest selects by them."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["tags_as_markers", "tags_of"]


def tags_of(item: pytest.Item) -> tuple[str, ...]:
    """List the tags of a scenario, or of a Python test and what it stands in."""
    return tuple(str(tag) for mark in item.iter_markers("tag") for tag in mark.args)


@contextmanager
def tags_as_markers(items: Sequence[pytest.Item], config: pytest.Config) -> Iterator[None]:
    """Give each item a marker for each of its tags, so that `-m` finds it.

    They are taken away again: a tag that is called `skip`, or `timeout`, would do as it says.
    """
    if not config.getoption("markexpr"):
        yield
        return
    added = []
    for item in items:
        for tag in dict.fromkeys(tags_of(item)):
            if mark := _marker(tag, config):
                item.own_markers.append(mark)
                added.append((item, mark))
    try:
        yield
    finally:
        for item, mark in added:
            item.own_markers.remove(mark)


def _marker(tag: str, config: pytest.Config) -> pytest.Mark | None:
    config.addinivalue_line("markers", f"{tag}: a tag")
    with warnings.catch_warnings():
        # pytest reads a name only up to a colon, which a tag may hold.
        warnings.simplefilter("ignore", pytest.PytestUnknownMarkWarning)
        try:
            decorator: pytest.MarkDecorator = getattr(pytest.mark, tag)
        except (AttributeError, pytest.fail.Exception):
            return None  # it begins with '_', or pytest is strict about that colon
    return decorator.mark
