"""Every error that agentrig raises on purpose; the class decides the exit code.

AgentrigError
├── UsageError            4  the command line, configuration or environment is wrong
│   └── ScenarioError     4  a file is wrong; holds all of its mistakes, with positions
└── InfraError            3  what is around the tests broke; never a verdict on an agent
    ├── TargetError          a target cannot be reached
    ├── FetchError           scenarios, or libraries of tests, could not be fetched
    ├── ClusterError         the Kubernetes API refused, or a rollout did not finish
    ├── StoreError           where many runs are kept cannot be reached, or refuses
    │   └── NotStoredError      there is no such object
    ├── SearchError          a search server cannot be reached, or refuses
    └── ReportError          results could not be written or read

ReportWarning stands outside: a reporter raises it where the run's outcome stands all the same.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

__all__ = [
    "AgentrigError",
    "ClusterError",
    "FetchError",
    "InfraError",
    "Mistake",
    "NotStoredError",
    "Position",
    "ReportError",
    "ReportWarning",
    "ScenarioError",
    "SearchError",
    "StoreError",
    "TargetError",
    "UsageError",
    "words_of",
]


class Position(Struct, frozen=True, kw_only=True):
    """A span within one line of a file; `line` and `column` count from 1.

    `text` is the whole line, so that an excerpt can be drawn where the file is out of reach.
    """

    path: str
    line: int
    column: int
    length: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Mistake(Struct, frozen=True, kw_only=True):
    """One thing wrong in a file: what, where, and what to write instead."""

    message: str
    at: Position
    hint: str | None = None


class AgentrigError(Exception):
    """The root of the tree."""

    exit_code: ClassVar[int] = 3


class UsageError(AgentrigError):
    """The command line, the configuration or the environment asks for what cannot be."""

    exit_code: ClassVar[int] = 4


class ScenarioError(UsageError):
    """A file that cannot be run; `mistakes` holds all that is wrong in it, in file order."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(f"{m.at}: {m.message}" for m in mistakes))
        self.mistakes = mistakes


class InfraError(AgentrigError):
    """Something around the tests broke, so that there is no verdict."""


class TargetError(InfraError):
    """A target cannot be reached; the message names its URL, service and namespace."""


class ClusterError(InfraError):
    """The Kubernetes API cannot be reached, refused a request, or a wait on it ran out.

    `status` is the HTTP status of a refusal, None where there was no answer. `may_pass` says that
    the same request may succeed in a moment: the API server restarts, or has too much to do.
    """

    def __init__(self, message: str, *, status: int | None = None, may_pass: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.may_pass = may_pass


class FetchError(InfraError):
    """Scenarios, or libraries that tests need, could not be fetched: network, or credentials."""


class StoreError(InfraError):
    """Where the results of many runs are kept cannot be reached, or refuses.

    `lasting` says that to ask again will not help.
    """

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class NotStoredError(StoreError):
    """What is asked for is not there."""


class SearchError(InfraError):
    """A search server cannot be reached, or refuses.

    `lasting` says that to ask again will not help until somebody has mended something, `status` is
    that of the HTTP answer, None where there was none, `reason` what it said in the way of a search
    server, and `retry_after_s` what it asked to wait.
    """

    def __init__(
        self,
        message: str,
        *,
        lasting: bool = False,
        status: int | None = None,
        reason: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.lasting = lasting
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s


class ReportError(InfraError):
    """Results could not be written or read back."""


class ReportWarning(Exception):  # noqa: N818  # it is told, and ends nothing
    """Something did not get to where it was to go, and is neither lost nor part of the outcome."""


def words_of(error: BaseException) -> str:
    """Give an error's own words. Other people's classes may fail to make them."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # whatever it is, the error itself must be told
        return "<exception str() failed>"  # as Python's own tracebacks say
