"""Kinds of step: what they are written as, and how they are executed."""

from agentrig.steps._clients import Clients, NoAnswerError, Response
from agentrig.steps._context import StepContext, StepResult
from agentrig.steps._registry import DEFAULT_KIND, GROUP, StepKind, StepKinds, step_kinds

__all__ = [
    "DEFAULT_KIND",
    "GROUP",
    "Clients",
    "NoAnswerError",
    "Response",
    "StepContext",
    "StepKind",
    "StepKinds",
    "StepResult",
    "step_kinds",
]
