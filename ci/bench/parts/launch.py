"""A run in a cluster: what `agentrig launch` adds to the time of the pod itself."""

from __future__ import annotations

import json
import subprocess
import time
from statistics import median
from typing import TYPE_CHECKING

from bench.cluster import IMAGE, ROOT, in_cluster, pod_times, reach
from bench.errors import BenchError, UnavailableError
from bench.part import Field, Figures, Part
from bench.report import Goal, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.cluster import PodTimes

__all__ = ["LAUNCH"]

_NAMESPACE = "agentrig-bench"
_AT_MOST_S = 6
_TITLE = "a run in a cluster: agentrig launch over the pod"
_INTRODUCTION = """\
One scenario of one step that needs no agent, on a real cluster. The pod's time is from the moment
it is scheduled until it is over; what remains is the overhead of whoever started it. Beside it
stands what one types without agentrig: helm install, kubectl wait, kubectl logs, helm uninstall,
which knows nothing of a run that fails, and makes no report."""
_SCENARIO = "name: A pause\nsteps:\n  - {name: Pause, wait: 10ms}\n"


def _measure(field: Field) -> Figures:
    try:
        with reach():
            return _measured(field)
    except UnavailableError as error:
        text = f"{_INTRODUCTION}\n\nNot measured, there is no cluster to be had here: {error}"
        return Figures(text=text, goals=(Goal(title=_TITLE, measured=None, at_most=_AT_MOST_S),))


def _measured(field: Field) -> Figures:
    values = field.folder / "values.yaml"
    repository, _, tag = IMAGE.rpartition(":")
    image = {"repository": repository, "tag": tag, "pullPolicy": "Never"}
    # JSON is YAML.
    content = {"image": image, "scenarios": {"inline": {"pause.yaml": _SCENARIO}}}
    values.write_text(json.dumps(content), encoding="utf-8")
    ways = {"agentrig launch": _launch, "helm and kubectl": _by_hand}
    over: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    _run("kubectl", "create", "namespace", _NAMESPACE)
    try:
        with pod_times(_NAMESPACE) as times:
            for number in range(field.rounds + 1):
                for index, (name, way) in enumerate(ways.items()):
                    measured = _one(way, f"bench-{number}-{index}", values, times)
                    if number > 0:
                        over[name].append(measured)
    finally:
        _run("kubectl", "delete", "namespace", _NAMESPACE)
    rows: list[tuple[str, ...]] = [("", "whole s", "pod s", "overhead s", "min", "max")]
    for name, pairs in over.items():
        extra = [whole - pod for whole, pod in pairs]
        whole_s, pod_s = (median(column) for column in zip(*pairs, strict=True))
        figures = (whole_s, pod_s, median(extra), min(extra), max(extra))
        rows.append((name, *(f"{figure:.2f}" for figure in figures)))
    own = median(whole - pod for whole, pod in over["agentrig launch"])
    goal = Goal(title=_TITLE, measured=own, unit=" s", at_most=_AT_MOST_S)
    return Figures(text=f"{_INTRODUCTION}\n\n{table(rows)}", goals=(goal,))


def _one(
    way: Callable[[str, Path], str], release: str, values: Path, times: PodTimes
) -> tuple[float, float]:
    """Run once; give the whole time and the pod's, in seconds."""
    begin = time.perf_counter()
    _run(way(release, values))
    return time.perf_counter() - begin, times.of(release)


def _launch(release: str, values: Path) -> str:
    results = values.with_name("results")
    return f"agentrig launch {release} -n {_NAMESPACE} -f {values} --results {results}"


def _by_hand(release: str, values: Path) -> str:
    job = f"job/{release}-agentrig-run-1"
    return (
        f"helm install {release} {ROOT}/charts/agentrig -n {_NAMESPACE} -f {values}"
        f" && kubectl wait {job} -n {_NAMESPACE} --for=condition=Complete --timeout=120s"
        f" && kubectl logs {job} -n {_NAMESPACE}"
        f" && helm uninstall {release} -n {_NAMESPACE}"
    )


def _run(*command: str) -> None:
    done = subprocess.run(in_cluster(command), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


LAUNCH = Part(title="A run in a cluster", tools=("agentrig",), rounds=7, measure=_measure)
