"""What a person reads of a scenario that did not pass: the message, the line, the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig._excerpt import render_excerpt
from agentrig.events import Outcome

if TYPE_CHECKING:
    from agentrig.events import Exchange, ExecutionFinished, ScenarioFinished, StepFinished

__all__ = ["render_failure"]


def render_failure(
    finished: ScenarioFinished | ExecutionFinished, step: StepFinished | None
) -> str:
    """Render why a scenario did not pass; `step` is the step at which it ended."""
    parts: list[str] = []
    message = finished.message or ("" if step is None else step.message or "")
    if message:
        parts.append(message)
    if step is not None:
        parts.extend(
            render_excerpt(check.at)
            for check in step.checks
            if check.outcome is Outcome.FAILED and check.at
        )
        if step.exchange:
            parts.append(_render_exchange(step.exchange, step.elapsed_ms))
    if finished.details:
        parts.append(finished.details.rstrip())
    return "\n".join(parts)


def _render_exchange(exchange: Exchange, elapsed_ms: float) -> str:
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
