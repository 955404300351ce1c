"""Kinds of step: what they are written as, and how they are executed."""

from agentrig.steps._clients import Clients
from agentrig.steps._context import Resources, StepContext, StepResult
from agentrig.steps._cookies import CookieJar
from agentrig.steps._event_match import EventMatch
from agentrig.steps._expect import HttpExpect
from agentrig.steps._messages import Form, NoAnswerError, Part, Request, Response, Streamed
from agentrig.steps._model import Step
from agentrig.steps._registry import DEFAULT_KIND, GROUP, StepKind, StepKinds, step_kinds
from agentrig.steps._tls import Tls

__all__ = [
    "DEFAULT_KIND",
    "GROUP",
    "Clients",
    "CookieJar",
    "EventMatch",
    "Form",
    "HttpExpect",
    "NoAnswerError",
    "Part",
    "Request",
    "Resources",
    "Response",
    "Step",
    "StepContext",
    "StepKind",
    "StepKinds",
    "StepResult",
    "Streamed",
    "Tls",
    "step_kinds",
]
