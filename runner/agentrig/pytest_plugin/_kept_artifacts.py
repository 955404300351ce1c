"""Files that tests have saved in earlier attempts, brought to where this one's are."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from agentrig.errors import InfraError
from agentrig.events import ArtifactSaved
from agentrig.reporters import ARTIFACTS_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from agentrig.pytest_plugin._keeping import Keeping
    from agentrig.resume import Kept

__all__ = ["lost_artifacts"]


def lost_artifacts(kept: Kept, keeping: Keeping | None, results: Path | None) -> set[str]:
    """Bring the artifacts of what is kept from the store to `results`; name those that are gone.

    An attempt that was killed has put none into the store. A store that has gone away since it was
    read costs no more than they do.
    """
    paths = {
        record.event.path for record in kept.records() if isinstance(record.event, ArtifactSaved)
    }
    # What a journal says comes from wherever that was kept.
    named = {path for path in paths if _is_safe(path)}
    wanted = {path for path in named if results and not (results / path).exists()}
    if wanted and keeping and results:
        with suppress(InfraError):
            _fetch(wanted, keeping, results)
    return {
        path for path in paths if path not in named or not (results and (results / path).exists())
    }


def _is_safe(path: str) -> bool:
    parts = path.split("/")
    return parts[0] == ARTIFACTS_FOLDER and not {"", ".", ".."} & {*parts} and "\0" not in path


def _fetch(wanted: set[str], keeping: Keeping, results: Path) -> None:
    from agentrig.store import fetch_artifacts, stored_attempts  # noqa: PLC0415  # seldom needed

    attempts = [
        replace(one, files={name: one.files[name] for name in wanted & one.files.keys()})
        for one in stored_attempts(keeping.store, keeping.run)
        if one.shard == keeping.shard and one.attempt < keeping.attempt
    ]
    fetch_artifacts(attempts, results)
