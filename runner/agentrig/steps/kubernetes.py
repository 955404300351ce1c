"""The kind `kubernetes`: change the cluster around the agents, and wait for what it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from agentrig.checks import Expect
from agentrig.errors import ClusterError
from agentrig.scenario import DEFAULT_TIMEOUT_S, describe_duration
from agentrig.steps._kubernetes_actions import act
from agentrig.steps._kubernetes_model import Exec, KubernetesAction
from agentrig.steps._model import Step
from agentrig.steps._registry import StepKind

if TYPE_CHECKING:
    from agentrig.steps._context import StepContext, StepResult

__all__ = ["KIND", "KubernetesExpect", "KubernetesStep"]

# An API that answers takes less. The last attempt of an `eventually` may have less still.
FAIR_S = 1.0


class KubernetesExpect(Expect):
    """What must hold of what an action gives: of its output, and of a command's exit code."""

    exit_code: int | None = Field(
        default=None,
        ge=0,
        le=255,
        description="The exit code of `exec`. Default: 0, unless a check asks for `.exit_code`.",
    )


class KubernetesStep(Step):
    """One action on the cluster, undone in the scenario's teardown where it changed something."""

    kind: ClassVar[str] = "kubernetes"

    kubernetes: KubernetesAction = Field(description="What to do: exactly one action.")
    expect: KubernetesExpect | None = Field(default=None, description="What the action must give.")

    def title(self) -> str:
        """Name the step by its action where it has no name."""
        action = self.kubernetes.action
        what = getattr(action, "object", None) or getattr(action, "selector", None)
        return self.name or " ".join(filter(None, (self.kubernetes.name, what)))

    @field_validator("kubernetes")
    @classmethod
    def _can_be_done(cls, value: KubernetesAction) -> KubernetesAction:
        from importlib.util import find_spec  # noqa: PLC0415  # only where a cluster is used

        if find_spec("lightkube") is None:
            hint = "pip install 'agentrig[kubernetes]'"
            raise PydanticCustomError("extra", "this step needs lightkube", {"hint": hint})
        return value

    @model_validator(mode="after")
    def _fits(self) -> KubernetesStep:
        name, action = self.kubernetes.name, self.kubernetes.action
        within_s, limit_s = getattr(action, "within", None), self.timeout or DEFAULT_TIMEOUT_S
        if within_s is not None and within_s > limit_s:
            raise PydanticCustomError(
                "within",
                "'within' is longer than the step may take, {limit}",
                {
                    "limit": describe_duration(limit_s),
                    "within": ("kubernetes", name, "within"),
                    "hint": "give the step a longer 'timeout'",
                },
            )
        if self.expect and self.expect.exit_code is not None and not isinstance(action, Exec):
            raise PydanticCustomError(
                "exit_code",
                "'{action}' has no exit code",
                {"action": name, "within": ("expect", "exit_code"), "hint": "only 'exec' has one"},
            )
        return self


async def execute(step: KubernetesStep, context: StepContext) -> StepResult:
    """Do the action.

    Raises ClusterError where the API refuses, or does not answer in the step's time, and where a
    rollout does not end.
    """
    action = step.kubernetes.action
    doing = act(action, step.expect, step.title(), context)
    if isinstance(action, Exec) or context.timeout_s < FAIR_S:
        # It may well be the command that takes so long, or the time that was too short.
        return await doing
    try:
        async with asyncio.timeout(context.timeout_s):
            return await doing
    except TimeoutError as error:
        # Whatever waits for the cluster ends before: only the API itself can be so late.
        limit = describe_duration(context.timeout_s)
        raise ClusterError(f"the API of the cluster does not answer within {limit}") from error


KIND = StepKind(
    model=KubernetesStep,
    execute=execute,
    gives=(
        "the object, or a list of objects; of `exec` `{exit_code, stdout, stderr}`, of `logs` "
        "the lines"
    ),
)
