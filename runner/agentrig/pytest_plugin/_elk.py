"""The face of pytest-elk-reporter: `session_data`, and the fixture `elk_reporter`.

Its transport lost results, so that none of it is here: what is recorded becomes events, and the
reporter of `agentrig.search` sends the documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentrig.events import DataRecorded
from agentrig.pytest_plugin._python_tests import plan_test
from agentrig.pytest_plugin._user_data import text_of_data

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        post = option("es_post_reports")
        self.es_post_reports: bool = ini("es_post_reports") if post is None else post
        self.session_data: dict[str, Any] = {}
        self._told: dict[str, Any] = {}
        self._wider: dict[str, dict[str, Any]] = {}
        self._stream = stream

    @property
    def es_user(self) -> str | None:
        """The name of the user, as the documentation of pytest-elk-reporter spells it."""
        return self.es_username

    @es_user.setter
    def es_user(self, name: str | None) -> None:
        self.es_username = name

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
        if item.user_properties:
            self._publish(plan_test(item).id, dict(item.user_properties))

    def _publish(self, scenario: str | None, data: Mapping[str, Any]) -> None:
        text = text_of_data(data, self._stream.secrets)
        self._stream.publish(DataRecorded(scenario=scenario, data=text))
