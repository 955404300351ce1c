"""One run in a cluster from beginning to end: install the chart, follow, collect, report."""

from agentrig.launch._attach import attach
from agentrig.launch._chart import bundled_chart
from agentrig.launch._cleanup import cleanup
from agentrig.launch._collect import collect
from agentrig.launch._evidence import PodEvidence, Trouble
from agentrig.launch._follow import Ending, Followed, follow
from agentrig.launch._helm import ChartSource
from agentrig.launch._labels_values import takes_commit, write_labels_values
from agentrig.launch._launch import LaunchOptions, OnInterrupt, launch
from agentrig.launch._live_view import LiveView
from agentrig.launch._local_scenarios import (
    LocalScenario,
    read_local_scenarios,
    write_inline_values,
)
from agentrig.launch._release_name import check_release_name, new_release_name
from agentrig.launch._runs import Run, list_runs, runs_json, runs_table
from agentrig.launch._view import PlainView, ShardProgress, View
from agentrig.launch._workloads import Workload, find_workloads, read_workload

__all__ = [
    "ChartSource",
    "Ending",
    "Followed",
    "LaunchOptions",
    "LiveView",
    "LocalScenario",
    "OnInterrupt",
    "PlainView",
    "PodEvidence",
    "Run",
    "ShardProgress",
    "Trouble",
    "View",
    "Workload",
    "attach",
    "bundled_chart",
    "check_release_name",
    "cleanup",
    "collect",
    "find_workloads",
    "follow",
    "launch",
    "list_runs",
    "new_release_name",
    "read_local_scenarios",
    "read_workload",
    "runs_json",
    "runs_table",
    "takes_commit",
    "write_inline_values",
    "write_labels_values",
]
