"""Runs whose results go to a search server, and an account of all of their documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentrig._secrets import Secrets
from agentrig.events import Outcome, RunFinished, ScenarioFinished, ScenarioStarted
from agentrig.search import SPOOL_FOLDER, Documents, SearchReporter, search_settings
from agentrig.search._spool import read_segment, spooled_segments
from agentrig.stream import EventStream
from tests.support.records import planned, records, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from agentrig.events import Event
    from agentrig.search import SearchSettings
    from tests.support.search_proxy import SearchProxy
    from tests.support.search_server import SearchServer

__all__ = ["Account", "Case", "Sent", "ids_of", "run_of", "send", "settings_of", "take_account"]

BEGIN_MS = 1_767_323_045_000  # 2026-01-02T03:04:05Z
DAY = "2026.01.02"


def settings_of(url: str, index: str, **more: Any) -> SearchSettings:
    return search_settings(url, index=index, secrets=Secrets(), **{"timeout_s": 20.0, **more})


def run_of(count: int, *, message: str = "", code: int = 0) -> list[Event]:
    """Give the events of a run of `count` scenarios; with a message they fail."""
    names = [f"s{number:05}.yaml" for number in range(count)]
    outcome = Outcome.FAILED if message else Outcome.PASSED
    events: list[Event] = [started(planned(name) for name in names)]
    for name in names:
        events += [
            ScenarioStarted(scenario=name),
            ScenarioFinished(
                scenario=name, outcome=outcome, elapsed_ms=2.0, message=message or None
            ),
        ]
    return [*events, RunFinished(exit_code=code, elapsed_ms=5.0)]


@dataclass
class Sent:
    """How a run ended: its exit code, and what was said."""

    code: int
    warnings: list[str]
    problems: list[str]


def send(
    settings: SearchSettings,
    results: Path,
    events: Sequence[Event],
    *,
    attempt: int = 0,
    begin_ms: int = BEGIN_MS,
    between: Callable[[int], None] = lambda _: None,
) -> Sent:
    """Send a run through a reporter; `between` is called before each event with its number."""
    reporter = SearchReporter(settings, results)
    stream = EventStream(
        run="a-run", reporters=[reporter], attempt=attempt, now_ms=lambda: begin_ms
    )
    for number, event in enumerate(events):
        between(number)
        if isinstance(event, RunFinished):
            code = stream.finish(event)
        else:
            stream.publish(event)
    return Sent(code, stream.warnings, [str(problem) for problem in stream.problems])


def ids_of(events: Iterable[Event]) -> set[str]:
    """Give the documents that a run makes."""
    documents = Documents()
    return {one.id for record in records(events) for one in documents.receive(record)}


@dataclass
class Account:
    """Where the documents are: by id in the index, and the ids in the spool."""

    delivered: dict[str, dict[str, Any]]
    spooled: list[str]
    refused: dict[str, str]

    @property
    def everywhere(self) -> list[str]:
        return sorted([*self.delivered, *self.spooled])


@dataclass
class Case:
    """One test's proxy before the shared server, its index, and its folder of results."""

    proxy: SearchProxy
    server: SearchServer
    index: str
    results: Path

    def settings(self, url: str | None = None, **more: Any) -> SearchSettings:
        """Give the settings of a run; it goes to the proxy if to nothing else."""
        return settings_of(url or self.proxy.url, self.index, **more)

    def send(self, events: Sequence[Event], **more: Any) -> Sent:
        """Send a run to the proxy; `more` are settings."""
        return send(self.settings(**more), self.results, events)

    def account(self, pattern: str = "-*") -> Account:
        return take_account(self.server, f"{self.index}{pattern}", self.results)


def take_account(server: SearchServer, pattern: str, results: Path) -> Account:
    """Look into the index and the spool; fail if a document stands in two indices."""
    spooled, refused = [], {}
    for segment in spooled_segments(results / SPOOL_FOLDER):
        for document in read_segment(segment.file):
            spooled.append(document.id)
            if document.reason is not None:
                refused[document.id] = document.reason
    return Account(server.documents(pattern), spooled, refused)
