"""How the variables begin by which a CI server steers reports."""

from __future__ import annotations

__all__ = ["OF_CI_SERVERS"]

OF_CI_SERVERS = ("GITHUB_", "GITLAB_", "CI_", "JENKINS_", "BUILD_", "GIT_COMMIT")
