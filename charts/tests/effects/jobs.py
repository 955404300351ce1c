"""What the values for the mode, Jobs, the CronJob, the hook and the disruption budget change."""

from __future__ import annotations

from charts.tests.effects.common import CRON, RUNNER, Effect

JOB, BUDGET = "Job.spec", "PodDisruptionBudget.spec"
SHARDED = {"mode": "sharded", "shards": {"count": 2}}
KILLED = {
    "action": "FailJob",
    "onExitCodes": {"containerName": "runner", "operator": "In", "values": [137]},
}
BUDGETED = {"podDisruptionBudget": {"enabled": True}}

EFFECTS: list[Effect] = [
    ("mode", "cronjob", {}, "CronJob.metadata.name", "rel-agentrig-schedule"),
    ("mode", "hook", {}, "Pod.metadata.name", "rel-agentrig-test"),
    ("mode", "sharded", SHARDED | {"mode": "cronjob"}, f"{JOB}.completionMode", "Indexed"),
    ("job.activeDeadlineSeconds", 2_000_000, {}, f"{JOB}.activeDeadlineSeconds", 2_000_000),
    ("job.activeDeadlineSeconds", 60, {"mode": "hook"}, "Pod.spec.activeDeadlineSeconds", 60),
    ("job.ttlSecondsAfterFinished", 0, {}, f"{JOB}.ttlSecondsAfterFinished", 0),
    ("job.backoffLimit", 0, {}, f"{JOB}.backoffLimit", 0),
    ("job.podFailurePolicy.rules", [KILLED], {}, f"{JOB}.podFailurePolicy.rules.0", KILLED),
    ("job.podReplacementPolicy", None, {}, f"{JOB}.podReplacementPolicy", None),
    ("job.suspend", True, {}, f"{JOB}.suspend", True),
    ("job.suspend", True, {"mode": "cronjob"}, f"{CRON}.jobTemplate.spec.suspend", True),
    ("job.labels", {"a": "b"}, {}, "Job.metadata.labels.a", "b"),
    (
        "job.labels",
        {"a": "b"},
        {"mode": "cronjob"},
        f"{CRON}.jobTemplate.metadata.labels.a",
        "b",
    ),
    ("job.annotations", {"a": "b"}, {}, "Job.metadata.annotations.a", "b"),
    (
        "job.annotations",
        {"a": "b"},
        {"mode": "cronjob"},
        f"{CRON}.jobTemplate.metadata.annotations.a",
        "b",
    ),
    ("cronjob.schedule", "5 4 * * *", {}, f"{CRON}.schedule", "5 4 * * *"),
    ("cronjob.timeZone", "Europe/Madrid", {}, f"{CRON}.timeZone", "Europe/Madrid"),
    ("cronjob.concurrencyPolicy", "Replace", {}, f"{CRON}.concurrencyPolicy", "Replace"),
    ("cronjob.startingDeadlineSeconds", 42, {}, f"{CRON}.startingDeadlineSeconds", 42),
    ("cronjob.startingDeadlineSeconds", None, {}, f"{CRON}.startingDeadlineSeconds", None),
    ("cronjob.successfulJobsHistoryLimit", 0, {}, f"{CRON}.successfulJobsHistoryLimit", 0),
    ("cronjob.failedJobsHistoryLimit", 0, {}, f"{CRON}.failedJobsHistoryLimit", 0),
    ("cronjob.suspend", True, {}, f"{CRON}.suspend", True),
    (
        "hook.deletePolicy",
        ["before-hook-creation", "hook-succeeded"],
        {"mode": "hook"},
        "Pod.metadata.annotations.helm+sh/hook-delete-policy",
        "before-hook-creation,hook-succeeded",
    ),
    (
        "hook.outputLogPolicy",
        ["hook-failed"],
        {"mode": "hook"},
        "Pod.metadata.annotations.helm+sh/hook-output-log-policy",
        "hook-failed",
    ),
    ("podDisruptionBudget.enabled", True, {}, f"{BUDGET}.minAvailable", 1),
    ("podDisruptionBudget.enabled", True, SHARDED, f"{BUDGET}.minAvailable", 2),
    ("shards.parallelism", 1, {**SHARDED, **BUDGETED}, f"{BUDGET}.minAvailable", 1),
    ("shards.count", 3, SHARDED, f"{JOB}.completions", 3),
    ("shards.count", 3, SHARDED, f"{JOB}.parallelism", 3),
    ("shards.count", 3, SHARDED, f"{RUNNER}.args", ["run", "/scenarios/demo", "--shard=/3"]),
    ("shards.count", 3, {"mode": "cronjob"}, f"{CRON}.jobTemplate.spec.completions", 3),
    ("shards.parallelism", 1, SHARDED, f"{JOB}.parallelism", 1),
    ("shards.backoffLimitPerIndex", 0, SHARDED, f"{JOB}.backoffLimitPerIndex", 0),
    ("shards.maxFailedIndexes", 0, SHARDED, f"{JOB}.maxFailedIndexes", 0),
    ("shards.backoffLimit", 0, SHARDED, f"{JOB}.backoffLimit", 0),
    ("kueue.queueName", "q", {}, "Job.metadata.labels.kueue+x-k8s+io/queue-name", "q"),
    ("kueue.queueName", "q", {}, f"{JOB}.suspend", True),
    ("kueue.priorityClass", "p", {}, "Job.metadata.labels.kueue+x-k8s+io/priority-class", "p"),
]
