"""Which layer of a run a stack of frames belongs to, as a profiler writes stacks."""

from __future__ import annotations

import re

__all__ = ["LAYERS", "layer"]

_OTHER = "other"
# By where a frame's code is; of frames in more than one layer the innermost counts. What no
# pattern knows (json, re, dataclasses) belongs to whoever called it.
_PLACES = {
    "start-up: models": r"/pydantic/_internal/",
    "YAML": r"/yaml/|/agentrig/documents/",
    "checks and captures": r"/agentrig/checks/_(evaluate|output)\.py|/agentrig/steps/_expect\.py|_query\.py",
    "validation": r"/pydantic/|/agentrig/(scenario|checks)/|/agentrig/steps/_registry\.py",
    "HTTP": r"/pyreqwest/|/agentrig/(steps|targets)/",
    "events and reporters": r"/agentrig/(reporters/|stream\.py|events\.py|_redact\.py)",
    "engine and event loop": r"/agentrig/engine/|/asyncio/|/anyio/|/selectors\.py",
    "pytest and its items": r"/_?pytest/|/pluggy/|/agentrig/pytest_plugin/",
    "command line": r"/click/|/agentrig/cli/",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _PLACES.items()}
# The making of modules, and of the classes in them, wherever it was asked for.
_IMPORT = "start-up: imports"
_IMPORTING = re.compile(r"<frozen importlib\._bootstrap")

LAYERS = (_IMPORT, *_PLACES, _OTHER)


def layer(stack: str) -> str:
    """Name the layer of `outer (path:line);...;inner (path:line)`."""
    if _IMPORTING.search(stack):
        return _IMPORT
    for frame in reversed(stack.split(";")):
        for name, pattern in _PATTERNS.items():
            if pattern.search(frame):
                return name
    return _OTHER
