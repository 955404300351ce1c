"""The end of a process: nothing is taken apart that ends with it anyway."""

from __future__ import annotations

import atexit
import os
import sys

__all__ = ["end_at_once"]

# They leave nothing that the interpreter would have to bring to its end, as a file that is not
# closed yet; whoever is not known here may.
_KNOWN = frozenset(
    {
        *("__main__", "agentrig", "click", "jq", "jsonschema_rs", "msgspec", "regex"),
        *("_pytest", "iniconfig", "pluggy", "py", "pygments", "pytest", "pytest_timeout"),
        "pytest_elk_reporter",  # what the plugin puts in its place
        *("annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"),
        *("cython_runtime", "pyreqwest", "rich", "uvloop", "yaml", "_yaml"),
    }
)
# Parts of those and of the standard library, named by version and by platform.
_KNOWN_PREFIXES = ("_cython_", "_sysconfigdata_")


def end_at_once(code: int) -> None:
    """Let the process end with `code` as soon as the interpreter begins to end it.

    To take apart all that was imported takes the interpreter 8 ms. It still does where anything
    else was imported than what is known to need no end: a test, a function of a step, a plugin, a
    profiler.
    """
    imported = {name.partition(".")[0] for name in sys.modules}
    unknown = imported - sys.stdlib_module_names - _KNOWN
    if all(name.startswith(_KNOWN_PREFIXES) for name in unknown):
        # What is registered last is called first, after all threads were waited for.
        atexit.register(_end, code)


def _end(code: int) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads any more, or it was closed
        return  # the interpreter says so, in its own way
    os._exit(code)
