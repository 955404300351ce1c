"""A small file that tells a run where its scenarios came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentrig.errors import InfraError, UsageError
from agentrig.events import Source

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_source", "write_source"]


def write_source(file: Path, source: Source) -> None:
    """Write `source` as JSON. Raises InfraError when that cannot be done."""
    import msgspec  # noqa: PLC0415  # the encoder, 1 ms

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(source), indent=2) + b"\n")
    except OSError as error:
        raise InfraError(f"cannot write '{file}': {error.strerror}") from error


def read_source(file: Path) -> Source:
    """Read what `write_source` wrote. Raises UsageError for anything else."""
    import msgspec  # noqa: PLC0415

    try:
        return msgspec.json.decode(file.read_bytes(), type=Source)
    except OSError as error:
        raise UsageError(f"--source: cannot read '{file}': {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"--source: '{file}' is no record of `agentrig fetch --record`: {error}"
        ) from error
