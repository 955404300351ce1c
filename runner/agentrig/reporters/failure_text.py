"""What a person reads of a scenario that did not pass: the message, the line, the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig._excerpt import render_excerpt
from agentrig.events import Outcome

if TYPE_CHECKING:
    from agentrig.events import Exchange, ExecutionFinished, ScenarioFinished, StepFinished

__all__ = ["render_cause", "render_exchange", "render_failure"]


def render_failure(
    finished: ScenarioFinished | ExecutionFinished, step: StepFinished | None
) -> str:
    """Render why a scenario did not pass; `step` is the step at which it ended."""
    return _joined(_message(finished, step), render_exchange(step), finished.details)


def render_cause(finished: ScenarioFinished | ExecutionFinished, step: StepFinished | None) -> str:
    """Render the same without the exchange, for reports that show it in a place of its own."""
    return _joined(_message(finished, step), finished.details)


def render_exchange(step: StepFinished | None) -> str:
    """Render the request of a step and what came back; empty where it made none."""
    if step is None or step.exchange is None:
        return ""
    return _exchange(step.exchange, step.elapsed_ms)


def _message(finished: ScenarioFinished | ExecutionFinished, step: StepFinished | None) -> str:
    checks = step.checks if step else ()
    excerpts = [
        render_excerpt(check.at) for check in checks if check.outcome is Outcome.FAILED and check.at
    ]
    return _joined(finished.message or (step.message if step else None), *excerpts)


def _joined(*parts: str | None) -> str:
    return "\n".join(part.rstrip() for part in parts if part)


def _exchange(exchange: Exchange, elapsed_ms: float) -> str:
    lines = [f"> {exchange.method} {exchange.url}"]
    lines += [f"> {name}: {value}" for name, value in exchange.request_headers]
    lines += _body(">", exchange.request_body)
    lines += [f"< {redirect}" for redirect in exchange.redirects]
    if exchange.status is None:
        lines.append(f"< no response after {elapsed_ms:.0f} ms")
    else:
        lines.append(f"< {exchange.status} in {elapsed_ms:.0f} ms")
    lines += [f"< {name}: {value}" for name, value in exchange.response_headers]
    lines += _body("<", exchange.response_body)
    return "\n".join(lines)


def _body(mark: str, body: str | None) -> list[str]:
    if not body:
        return []
    return [mark, *(f"{mark} {line}" for line in body.splitlines())]
