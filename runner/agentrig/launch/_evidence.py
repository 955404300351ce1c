"""What is known of a run's pods: found by following them, and all that results are made of."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # msgspec resolves it

from msgspec import Struct

__all__ = ["PodEvidence", "Trouble"]


class Trouble(Struct, frozen=True, kw_only=True):
    """Trouble of the infrastructure, told to a person.

    `reason` is Kubernetes' own word, such as `ImagePullBackOff`, `Unschedulable` or `OOMKilled`;
    `where` names the object, such as `pod qa/run-42-runner-x7k2p, shard 3/4`.
    """

    reason: str
    where: str
    message: str
    hint: str | None = None


class PodEvidence(Struct, frozen=True, kw_only=True):
    """What one pod of a run left behind; nothing of it is to be trusted before it is checked.

    `shard` counts from 1, and is 0 in a run that is not split. The pods of a shard are its
    attempts, in the order of `created` (RFC 3339, UTC). `exit_code`, `reason` and `termination`
    are those of the container `runner`; `exit_code` is None where it never ran, or nobody knows.
    `fetch_exit_code` is that of the init container that could not fetch what the runner needs.
    `log` is a file with its log, as far as that could be read.
    """

    pod: str
    shard: int
    created: str
    exit_code: int | None = None
    reason: str | None = None
    fetch_exit_code: int | None = None
    termination: str | None = None
    log: Path | None = None
