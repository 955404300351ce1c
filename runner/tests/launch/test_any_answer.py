"""Whatever JSON the API gives, following tells what it can and does not break."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentrig.kubernetes import Change
from agentrig.launch import read_workload
from agentrig.launch._image_trouble import IMAGE_REASONS, pull_problem
from agentrig.launch._missing import missing
from agentrig.launch._run_state import RunState
from agentrig.launch._scheduling_trouble import scheduling_problem
from tests.support.cluster_objects import a_job, a_pod, condition, event, terminated, waiting

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY = st.recursive(
    LEAVES, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(), one, max_size=3)
)
# Real objects, from which parts are taken away or replaced.
OBJECTS = [
    a_job(shards=3, conditions=(condition("Failed", "DeadlineExceeded"),), uid="j"),
    a_pod(runner=waiting("ImagePullBackOff", "rpc error: not found"), uid="p"),
    a_pod(runner=waiting("CreateContainerConfigError", 'secret "a" not found'), uid="p"),
    a_pod(runner=terminated(137, "OOMKilled"), phase="Failed", uid="p"),
    a_pod(node="", conditions=(condition("PodScheduled", "Unschedulable", holds=False),), uid="p"),
    a_pod(conditions=(condition("DisruptionTarget", "EvictionByEvictionAPI"),), uid="p"),
    event({"metadata": {"name": "p", "uid": "p"}}, "FailedMount", 'secret "a" not found'),
    event({"metadata": {"name": "j", "uid": "j"}}, "FailedCreate", "exceeded quota: x"),
]


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: Any = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    return [at, *(path for key, one in inner for path in paths(one, (*at, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: replaced(value[key], tuple(rest), new)}
    return [replaced(one, tuple(rest), new) if at == key else one for at, one in enumerate(value)]


@st.composite
def broken(draw: st.DrawFn) -> Any:
    found = draw(st.sampled_from(OBJECTS))
    return replaced(found, draw(st.sampled_from(paths(found))), draw(ANY))


@given(st.lists(broken(), max_size=6), st.sampled_from(["ADDED", "MODIFIED", "DELETED"]))
def test_no_object_breaks_the_diagnosis(found: list[Any], kind: Any) -> None:
    state = RunState(read_workload(OBJECTS[0]), clock=lambda: 0.0)
    for one in found:
        state.take_workload(Change(kind, one))
        state.take_pod(Change(kind, one))
        state.take_event(Change(kind, one))
        state.take_nodes([one])
    for trouble in state.look():
        assert trouble.message
    lasting, overcome = state.troubles(timeout_s=1.0)
    assert lasting
    assert not set(lasting) & set(overcome)
    assert len(state.evidence(lambda *_: None)) == len(state.pods)


@given(st.text(), st.sampled_from(sorted(IMAGE_REASONS)))
def test_any_message_is_said(message: str, reason: str) -> None:
    assert pull_problem(reason, message).why
    assert isinstance(missing(message, namespace="qa").why, str)
    assert scheduling_problem(message, {}, namespace="qa")
    assert scheduling_problem(f"0/3 nodes are available: {message}", {}, namespace="qa")
