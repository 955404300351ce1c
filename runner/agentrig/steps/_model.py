"""What every kind of step has: the controls, what it captures and what it expects."""

from __future__ import annotations

from pydantic import Field

from agentrig.checks import Capture, Expect  # noqa: TC001  # pydantic resolves them
from agentrig.scenario import StepControls

__all__ = ["Step"]


class Step(StepControls):
    """The base of every kind's model; a kind adds its own keys."""

    capture: dict[str, Capture] = Field(
        default_factory=dict,
        description="Names for parts of what came, which later steps read as `${name}`, "
        "and jq programs as `$name`.",
    )
    expect: Expect | None = Field(default=None, description="What must hold of what came.")
