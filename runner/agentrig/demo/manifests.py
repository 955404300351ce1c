"""What each of the five agents says about itself; score and grade follow from its issues."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AGENTS",
    "Issue",
    "Manifest",
    "Model",
    "Reporting",
    "Severity",
    "Tool",
    "grade_of",
]


class Severity(StrEnum):
    """How much an issue takes off the score of 100."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def penalty(self) -> int:
        """Points taken off."""
        return {"critical": 30, "high": 20, "medium": 10, "low": 5}[self.value]


class Reporting(StrEnum):
    """A way in which an agent tells its sidecar what it did."""

    HEADERS = "headers"
    EVENTS = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What answers: here a fixed set of rules, so that the same message gets the same answer."""

    id: str
    provider: str = "builtin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the agent may call; a destructive one needs the user's confirmation."""

    name: str
    description: str
    read_only: bool = True
    destructive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Something that a compliance audit found; `property` is a path into the manifest."""

    severity: Severity
    property: str
    description: str
    recommendation: str
    evidence_level: Literal["declarative", "probed", "behavioral"] = "declarative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One agent's declaration. `guardrails` are required on every request that acts."""

    name: str
    description: str
    model: Model
    tools: tuple[Tool, ...]
    guardrails: tuple[str, ...] = ()
    reporting: frozenset[Reporting] = frozenset()
    issues: tuple[Issue, ...] = ()
    version: str = "1.0.0"

    @property
    def score(self) -> int:
        """100 less the penalty of each issue, never below 0."""
        return max(0, 100 - sum(issue.severity.penalty for issue in self.issues))


def grade_of(score: int) -> str:
    """Give the letter of a score: A from 90, B from 75, C from 60, D from 45, else F."""
    return next(
        (g for g, least in (("A", 90), ("B", 75), ("C", 60), ("D", 45)) if score >= least), "F"
    )


_NO_EVALUATION = Issue(
    severity=Severity.MEDIUM,
    property="spec.evaluation",
    description="No evaluation is declared, so a worse answer would go unnoticed",
    recommendation="Declare a data set and the metrics that a release must reach",
)

_GYMCOACH = Manifest(
    name="gymcoach",
    description="Plans a training week and suggests exercises",
    model=Model(id="gymcoach-rules-1"),
    tools=(
        Tool(name="plan-week", description="A training plan from Monday to Sunday"),
        Tool(name="find-exercise", description="An exercise for a muscle group"),
    ),
    guardrails=("pii_scrubber", "content_filter"),
    reporting=frozenset({Reporting.HEADERS}),
)

_TRADING_BOT = Manifest(
    name="trading-bot",
    description="Quotes prices and places paper orders",
    model=Model(id="trading-rules-1"),
    tools=(
        Tool(name="get-quote", description="The price of a ticker in a built-in table"),
        Tool(
            name="place-order",
            description="A paper order to buy or sell",
            read_only=False,
            destructive=True,
        ),
    ),
    guardrails=("pii_scrubber",),
    reporting=frozenset({Reporting.HEADERS}),
    issues=(
        Issue(
            severity=Severity.HIGH,
            property="spec.guardrails.content_filter",
            description="Messages reach a destructive tool without a content filter",
            recommendation="Declare content_filter among the guardrails",
        ),
        Issue(
            severity=Severity.MEDIUM,
            property="spec.tools.place-order.limits",
            description="The order tool has no limit on the amount of one order",
            recommendation="Declare the largest order that needs no second person",
        ),
        _NO_EVALUATION,
        Issue(
            severity=Severity.LOW,
            property="metadata.owner",
            description="Nobody is named as the owner",
            recommendation="Name a team and how to reach it",
        ),
    ),
)

_VOICE_ASSISTANT = Manifest(
    name="voice-assistant",
    description="Sets timers and spells words",
    model=Model(id="voice-rules-1"),
    tools=(
        Tool(name="set-timer", description="Seconds of a timer asked for in words"),
        Tool(name="spell-word", description="A word, letter by letter"),
    ),
    guardrails=("content_filter",),
    reporting=frozenset({Reporting.HEADERS}),
    issues=(
        Issue(
            severity=Severity.HIGH,
            property="spec.guardrails.pii_scrubber",
            description="Speech holds personal data and none of it is scrubbed",
            recommendation="Declare pii_scrubber among the guardrails",
        ),
        Issue(
            severity=Severity.MEDIUM,
            property="spec.memory.retention",
            description="How long transcripts are kept is not declared",
            recommendation="Declare a retention in days",
        ),
        _NO_EVALUATION,
    ),
)

_FITNESS_TRACKER = Manifest(
    name="fitness-tracker",
    description="Turns workouts into log lines and works out heart rate zones",
    model=Model(id="fitness-rules-1"),
    tools=(
        Tool(name="log-workout", description="A log line with minutes and energy", read_only=False),
        Tool(name="heart-rate-zone", description="The aerobic zone for an age"),
    ),
    guardrails=("pii_scrubber", "content_filter"),
    reporting=frozenset({Reporting.HEADERS, Reporting.EVENTS}),
)

_RESEARCH_AGENT = Manifest(
    name="research-agent",
    description="Searches built-in notes and shortens text",
    model=Model(id="research-rules-1"),
    tools=(
        Tool(name="search-notes", description="The note that shares most words with a question"),
        Tool(name="summarize", description="The first sentence of a text"),
    ),
    issues=(
        Issue(
            severity=Severity.CRITICAL,
            property="spec.guardrails",
            description="No guardrail is declared",
            recommendation="Declare at least pii_scrubber and content_filter",
        ),
        Issue(
            severity=Severity.HIGH,
            property="spec.reporting",
            description="The agent does not report which tools it called",
            recommendation="Send the X-AgentSpec-* response headers or push events",
        ),
        Issue(
            severity=Severity.HIGH,
            property="spec.tools.search-notes.sources",
            description="Answers quote notes without saying which source they come from",
            recommendation="Return the source of each quoted note",
        ),
        _NO_EVALUATION,
    ),
)

AGENTS: Mapping[str, Manifest] = {
    manifest.name: manifest
    for manifest in (_GYMCOACH, _TRADING_BOT, _VOICE_ASSISTANT, _FITNESS_TRACKER, _RESEARCH_AGENT)
}
"""The agents by name, in the order of their local ports."""
