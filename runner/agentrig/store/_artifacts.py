"""The artifacts of a run, back from where they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.errors import ReportError
from agentrig.reporters import ARTIFACTS_FOLDER, mark_artifacts
from agentrig.store._parallel import in_parallel
from agentrig.store._store import check_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agentrig.store._attempts import StoredAttempt
    from agentrig.store._store import Stored

__all__ = ["fetch_artifacts"]


def fetch_artifacts(attempts: Sequence[StoredAttempt], results: Path) -> None:
    """Bring the artifacts of all attempts to a results folder; of one name, the last attempt's.

    Raises StoreError, and ReportError where they cannot be written.
    """
    found: dict[str, tuple[StoredAttempt, Stored]] = {
        name: (attempt, stored)
        for attempt in attempts
        for name, stored in attempt.files.items()
        if name.startswith(f"{ARTIFACTS_FOLDER}/")
    }
    if not found:
        return

    def fetch(name: str) -> None:
        attempt, stored = found[name]
        # Anybody who may write to the store may have named it.
        file = results.joinpath(*check_key(name).split("/"))
        content = attempt.store.get(stored.key)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    try:
        mark_artifacts(results)
        in_parallel(fetch, [*found])
    except (OSError, ValueError) as error:
        raise ReportError(f"cannot write the artifacts to '{results}': {error}") from error
