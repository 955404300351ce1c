"""The shape of a row, and constants that several tables share."""

from __future__ import annotations

from typing import Any, TypeAlias

# value, what it is set to, more values, where it must show in the objects, what must show there
Effect: TypeAlias = tuple[str, Any, dict[str, Any], str, Any]
# value, what it is set to, what is refused without
Permission: TypeAlias = tuple[str, Any, dict[str, Any], str]

POD, CRON = "Job.spec.template.spec", "CronJob.spec"
TEMPLATE = "Job.spec.template.metadata"
RUNNER = f"{POD}.containers.0"
VOLUMES, FETCH = f"{POD}.volumes", f"{POD}.initContainers.0"

# Texts that name other objects are templates.
NAMED = "{{ .Release.Name }}-x"
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
NODES = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
AWAY = [{"cidr": "203.0.113.0/24", "ports": [443]}]

GIT_URL = "https://git.example.com/r.git"
GIT = {"scenarios": {"git": {"url": GIT_URL, "ref": "v1"}}}
POLICED = {"networkPolicy": {"enabled": True}}
SEARCHED = {"results": {"search": {"url": "https://search.logging.svc:9200"}}}
TOLD = {"results": {"webhook": {"urlSecret": {"name": "hook"}}}}
