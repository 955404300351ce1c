"""pytest-elk-reporter's options, on the command line and in ini files."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from agentrig.pytest_plugin._elk import ElkReporter

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["add_elk_options", "keep_other_elk_reporter_out"]

# As its entry point, and as a module.
_THEIRS = ("elk-reporter", "pytest_elk_reporter")

DEFAULT_INDEX = "test_data"
DEFAULT_TIMEOUT_S = "10"

_VALUES: Mapping[str, str] = {
    "address": "URL, or HOST:PORT, of Elasticsearch or OpenSearch",
    "username": "name of its user",
    "password": "password of its user, best as ${NAME} of a secret or a variable",
    "api_key": "API key in base64, best as ${NAME}",
    "index_name": f"index of the results (default: {DEFAULT_INDEX})",
    "timeout": f"seconds to wait for an answer (default: {DEFAULT_TIMEOUT_S})",
}
_DEFAULTS = {"index_name": DEFAULT_INDEX, "timeout": DEFAULT_TIMEOUT_S}


def keep_other_elk_reporter_out(manager: pytest.PytestPluginManager) -> None:
    """Take the place of pytest-elk-reporter, whose options and fixture are ours as well.

    Raises pytest.UsageError if it is there already; one that comes later is not loaded.
    """
    if any(manager.has_plugin(name) for name in _THEIRS):
        raise pytest.UsageError(
            "pytest-elk-reporter is loaded before agentrig, which has its options, its "
            "'session_data' and its fixture 'elk_reporter' as well: leave out "
            "'-p pytest_elk_reporter', or name '-p agentrig.pytest_plugin' before it"
        )
    for name in _THEIRS:
        # To block it would not do: `-p` unblocks what it names.
        manager.register(_InItsPlace(name), name)
    sys.modules["pytest_elk_reporter"] = _InItsPlace("pytest_elk_reporter")


class _InItsPlace(ModuleType):
    """Has the name of a plugin, so that pytest takes it for loaded.

    A conftest.py may import its class, to know the plugin by it when that is registered.
    """

    def __getattr__(self, name: str) -> object:
        if name != "ElkReporter":
            raise AttributeError(f"module '{self.__name__}' of agentrig has no '{name}'")
        return ElkReporter


def add_elk_options(parser: pytest.Parser) -> None:
    """Declare the options under the names that pytest-elk-reporter has for them."""
    group = parser.getgroup("elk-reporter", "results in Elasticsearch, as pytest-elk-reporter")
    for name, text in _VALUES.items():
        flags = [f"--es-{name.replace('_', '-')}"]
        flags += ["--es-user"] if name == "username" else []
        group.addoption(*flags, dest=f"es_{name}", default=None, help=text)
        parser.addini(f"es_{name}", help=text, default=_DEFAULTS.get(name))
    parser.addini("es_user", help="the same as es_username", default=None)
    for flag, action in (
        ("--es-post-reports", "store_true"),
        ("--es-no-post-reports", "store_false"),
    ):
        group.addoption(
            flag,
            action=action,
            dest="es_post_reports",
            default=None,
            help="send results, or do not, whatever the ini file says",
        )
    parser.addini("es_post_reports", type="bool", help="send results (default)", default=True)
    # It splits a run by times that it reads from the index.
    group.addoption("--es-slices", action="store_true", help="use 'agentrig run --shard' instead")
    for flag in ("--es-max-splice-time", "--es-default-test-time"):
        group.addoption(flag, type=float, help="use 'agentrig run --shard' instead")
