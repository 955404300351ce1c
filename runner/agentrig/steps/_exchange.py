"""What a report shows of a request and its response: redacted, and cut to a size for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig._redact import cut, redact_headers, redact_url
from agentrig.checks import Output
from agentrig.events import CheckResult, Exchange, Outcome
from agentrig.steps._bodies import readable, show_body

if TYPE_CHECKING:
    from agentrig.steps._context import StepContext
    from agentrig.steps._messages import Request, Response

__all__ = ["BODY_CHARACTERS", "exchange_of", "no_answer"]

BODY_CHARACTERS = 4_000
"""Enough of a body to see what came; a report of 10,000 failures must stay readable."""


def exchange_of(
    request: Request, response: Response | None, *, shown: str | None = None
) -> Exchange:
    """Make what is shown; `shown` stands in for the body of the response."""
    body = show_body(request.body)
    if response is not None and shown is None:
        shown = _response_body(response)
    return Exchange(
        method=request.method,
        url=redact_url(request.url),
        request_headers=redact_headers(request.headers),
        request_body=cut(body, BODY_CHARACTERS) if body else None,
        redirects=tuple(str(hop) for hop in response.hops) if response else (),
        status=response.status if response else None,
        response_headers=redact_headers(response.headers) if response else (),
        response_body=shown,
    )


def no_answer(title: str, context: StepContext, problem: str) -> CheckResult:
    """Make the failed check of an agent that gave no usable response."""
    return CheckResult(
        check="response",
        outcome=Outcome.FAILED,
        message=f"[{title}] {problem}",
        at=context.locate(),
    )


def _response_body(response: Response) -> str:
    text = Output(body=response.body, headers=response.headers).text
    return cut(readable(text, len(response.body)), BODY_CHARACTERS)
