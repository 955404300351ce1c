"""Values of a step that are files, so that one that is missing is found before the run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

__all__ = ["FilePath", "IsFile"]


class IsFile:
    """Marks a text as the path of a file that must exist, relative to the scenario's."""


FilePath = Annotated[str, Field(min_length=1), IsFile()]
"""The path of a file that a step reads, relative to the file that the step stands in."""
