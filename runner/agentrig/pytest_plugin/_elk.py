"""The face of pytest-elk-reporter: `session_data`, and the fixture `elk_reporter`.

Its transport lost results, so that none of it is here: what is recorded becomes events, and the
reporter of `agentrig.search` sends the documents.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import UsageError
from agentrig.events import DataRecorded
from agentrig.pytest_plugin._python_tests import plan_test

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentrig.search import SearchSettings
    from agentrig.stream import EventStream

__all__ = ["ELK_PLUGIN", "ElkReporter"]

ELK_PLUGIN = "elk-reporter-runtime"
"""The name under which pytest-elk-reporter's users find it."""


class ElkReporter:
    """Takes what tests and fixtures want to have in the documents of a search index.

    `session_data` is a dict for everybody to change: what it holds when a test ends is in that
    test's document, in all that follow, and in the run's.
    """

    def __init__(self, config: pytest.Config, stream: EventStream) -> None:
        """Publish through `stream`, beginning with its first event."""
        option, ini = config.getoption, config.getini
        self.es_address: str | None = option("es_address") or ini("es_address")
        self.es_username: str | None = option("es_username") or ini("es_username") or ini("es_user")
        self.es_password: str | None = option("es_password") or ini("es_password")
        self.es_api_key: str | None = option("es_api_key") or ini("es_api_key")
        self.es_index_name: str = option("es_index_name") or ini("es_index_name")
        self.es_timeout: float | str = option("es_timeout") or ini("es_timeout")
        self._slices = bool(option("es_slices"))
        post = option("es_post_reports")
        self.es_post_reports: bool = ini("es_post_reports") if post is None else post
        self.session_data: dict[str, Any] = {}
        self._told: dict[str, Any] = {}
        self._wider: dict[str, dict[str, Any]] = {}
        self._stream = stream
        self._is_sent = False

    @property
    def es_user(self) -> str | None:
        """The name of the user, as the documentation of pytest-elk-reporter spells it."""
        return self.es_username

    @es_user.setter
    def es_user(self, name: str | None) -> None:
        self.es_username = name

    def settings(self) -> SearchSettings | None:
        """Give the server that its options, or whoever has set them since, name; None if none.

        Raises UsageError.
        """
        if self._slices:
            raise UsageError(
                "--es-slices: agentrig splits a run by itself: use 'agentrig run --shard I/N', and "
                "--durations for shards that take the same time"
            )
        if not (self.es_address and self.es_post_reports):
            return None
        from agentrig.pytest_plugin._elk_settings import (  # noqa: PLC0415  # for few runs
            elk_settings,
        )

        return elk_settings(self, address=self.es_address, secrets=self._stream.secrets)

    def begin(self, search: SearchSettings) -> None:
        """Know what all documents hold besides: who runs the tests where, and listed variables."""
        from agentrig.search import (  # noqa: PLC0415  # 5 ms that few runs pay
            environment_fields,
            hide_credentials,
        )

        hide_credentials(self._stream.secrets)
        self._is_sent = True
        for name, value in {**_who(), **environment_fields(search.env)}.items():
            self.session_data.setdefault(name, value)

    def append_test_data(
        self, request: pytest.FixtureRequest, test_data: Mapping[str, Any]
    ) -> None:
        """Add fields to the document of the test that asks; safe for threads.

        From a fixture of a wider scope, they are added to the documents of all its tests.
        """
        if not hasattr(test_data, "items"):
            what = type(test_data).__name__
            raise TypeError(f"append_test_data(request, data): data is a dict, and not {what}")
        node = request.node
        if isinstance(node, pytest.Item):
            self._publish(plan_test(node).id, test_data)
        else:
            self._wider.setdefault(node.nodeid, {}).update(test_data)

    def tell_session(self) -> None:
        """Publish the session's data if they have changed. The run has begun."""
        if self.session_data != self._told:
            # A copy: what is changed next must be seen to differ.
            self._told = dict(self.session_data)
            self._publish(None, self._told)

    def tell_test(self, item: pytest.Item) -> None:
        """Publish what else is known of a test that is about to end."""
        self.tell_session()
        for node in item.listchain()[:-1] if self._wider else ():
            if data := self._wider.get(node.nodeid):
                self._publish(plan_test(item).id, data)
        found = dict(item.user_properties)
        marks = [mark.name for mark in item.iter_markers() if mark.name != "tag"]
        if marks and self._is_sent:
            found["markers"] = list(dict.fromkeys(marks))
        if found:
            self._publish(plan_test(item).id, found)

    def _publish(self, scenario: str | None, data: Mapping[str, Any]) -> None:
        from agentrig.pytest_plugin._user_data import text_of_data  # noqa: PLC0415  # for few runs

        text = text_of_data(data, self._stream.secrets)
        self._stream.publish(DataRecorded(scenario=scenario, data=text))


def _who() -> dict[str, str]:
    import getpass  # noqa: PLC0415  # few runs have a search server
    import socket  # noqa: PLC0415  # see above

    who = {"hostname": socket.gethostname()}
    # In a pod, the user has a number and no name: OSError, before Python 3.13 KeyError.
    with suppress(OSError, KeyError, ImportError):
        who["username"] = getpass.getuser()
    return who
