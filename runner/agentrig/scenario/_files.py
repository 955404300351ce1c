"""Values of a step that are files, so that one that is missing is found before the run."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

__all__ = ["FileName", "FilePath", "IsFile"]


class IsFile:
    """Marks a text as the path of a file that must exist, relative to the scenario's."""


def _can_exist(path: str) -> str:
    if "\0" in path:
        raise PydanticCustomError("file", "no file's name holds a zero byte")
    return path


FileName = Annotated[str, AfterValidator(_can_exist)]
"""A text that names a file which is read while the scenario is loaded."""

FilePath = Annotated[FileName, Field(min_length=1), IsFile()]
"""The path of a file that a step reads, relative to the file that the step stands in."""
