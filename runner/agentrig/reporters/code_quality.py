"""`gl-code-quality.json`: failures as GitLab shows them beside the lines of a merge request."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from agentrig._redact import cut
from agentrig.events import Outcome
from agentrig.reporters._files import write_whole
from agentrig.reporters._json import dump
from agentrig.reporters._places import place_of
from agentrig.reporters._xml import first_line
from agentrig.reporters.tally import TallyReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentrig.events import Planned
    from agentrig.reporters._places import Repository
    from agentrig.reporters.tally import Tally

__all__ = ["CODE_QUALITY_FILE", "CodeQualityReporter"]

CODE_QUALITY_FILE = "gl-code-quality.json"

_SEVERITIES = {Outcome.FAILED: "critical", Outcome.ERROR: "major"}
_FLAKY = "minor"
_MAX_DESCRIPTION = 500


class CodeQualityReporter(TallyReport):
    """Writes the findings when the run is over."""

    def __init__(self, file: Path, *, repository: Repository, tally: Tally | None = None) -> None:
        """Write to `file` on close."""
        super().__init__(tally)
        self._file = file
        self._repository = repository

    def close(self) -> None:
        """Write the findings."""
        write_whole(self._file, dump(list(self._findings()), indent=2) + b"\n")

    def _findings(self) -> Iterator[dict[str, Any]]:
        for planned in self.tally.planned.values():
            result = self.tally.results.get(planned.id)
            if result and (severity := _SEVERITIES.get(result.outcome)):
                why = result.message or result.outcome.value
                yield self._finding(planned, result.outcome.value, severity, why)
            elif result and result.flaky:
                yield self._finding(planned, "flaky", _FLAKY, "passed on retry")

    def _finding(self, planned: Planned, what: str, severity: str, why: str) -> dict[str, Any]:
        place = place_of(planned, self.tally.bad_step(planned.id))
        # Without the words of a failure, which an agent may choose otherwise each time.
        identity = hashlib.sha256(f"{what}\0{planned.id}".encode("utf-8", "replace"))
        return {
            "description": cut(f"{planned.name}: {first_line(why)}", _MAX_DESCRIPTION),
            "check_name": f"agentrig/{what}",
            "fingerprint": identity.hexdigest()[:32],
            "severity": severity,
            "location": {
                # One is required: where the file is not in the repository, the one that it had.
                "path": self._repository.locate(place.path) or place.path.lstrip("/"),
                "lines": {"begin": place.line},
            },
        }
