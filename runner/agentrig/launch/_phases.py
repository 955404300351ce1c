"""What a pod is busy with, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.launch._image_trouble import IMAGE_REASONS
from agentrig.reporters.summary import outcome_of

if TYPE_CHECKING:
    from agentrig.launch._pod_state import Pod

__all__ = ["say_phase"]

_OWN_CODES = frozenset(range(6))


def say_phase(pod: Pod, *, is_gone: bool = False) -> str:
    """Say what a pod is busy with, such as `waiting for a node`, `running`, `passed`."""
    runner = pod.runner
    if runner is not None and runner.state == "terminated":
        code = runner.exit_code
        return outcome_of(code) if code in _OWN_CODES else f"ended with exit code {code}"
    if is_gone:
        return "lost"
    if pod.is_over or pod.is_leaving:
        return "never ran" if pod.is_over else "ending"
    return "running" if runner is not None and runner.state == "running" else _before(pod)


def _before(pod: Pod) -> str:
    if not pod.node:
        return "waiting for a node"
    for one in pod.containers:
        if one.state == "waiting" and one.reason in IMAGE_REASONS:
            return "waiting for its image"
        if one.role == "init" and one.state == "running":
            return f"preparing: {one.name}"
    return "starting"
