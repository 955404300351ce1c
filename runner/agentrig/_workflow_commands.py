"""Commands that a process prints to steer GitHub Actions, such as `::error file=a.yaml::...`."""

from __future__ import annotations

__all__ = ["workflow_command"]


def workflow_command(name: str, message: str, **properties: str | int | None) -> str:
    """Write a command as one line; properties that are None are left out."""
    pairs = [
        f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None
    ]
    head = f"{name} {','.join(pairs)}" if pairs else name
    return f"::{head}::{_data(message)}\n"


def _data(text: str) -> str:
    # What the runner of GitHub Actions reads back, in this order.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
