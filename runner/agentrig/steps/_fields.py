"""Parts of a request as authors write them: parameters, forms, files, cookies, redirects."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from agentrig.scenario import FilePath, StrictModel
from agentrig.steps._redirects import DEFAULT_REDIRECTS

if TYPE_CHECKING:
    from typing import Self

    from pydantic import ValidatorFunctionWrapHandler
    from pydantic_core import CoreSchema

__all__ = [
    "TOKEN",
    "Binary",
    "Cookies",
    "Fields",
    "FormFile",
    "Headers",
    "MultipartValue",
    "OrSchema",
    "Redirects",
    "control_name",
]

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, 5.6.2 Tokens: names of headers and methods."""

_NOT_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110, 5.5 Field Values
_COOKIE_VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e]*( [\x21-\x3a\x3c-\x7e]+)*")
_MEDIA_TYPE = re.compile(rf"{TOKEN.pattern}/{TOKEN.pattern}(\s*;.*)?")  # RFC 9110, 8.3.1
# A wrong one would leave bytes on a connection that other scenarios are given next.
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_MOST_REDIRECTS = 100

_SCALAR = {"type": ["string", "number", "boolean"]}
_SCALARS = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}


def control_name(character: str) -> str:
    """Name a character that has no sign."""
    return "a line break" if character in "\r\n" else "a control character"


def _header_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise PydanticCustomError("header", "'{name}' is no header name", {"name": name})
    if name.lower() in _FRAMING:
        hint = "take it out: it follows from 'body'"
        raise PydanticCustomError(
            "header", "'{name}' is not for a step to set", {"name": name, "hint": hint}
        )
    return name


def _header_value(value: str) -> str:
    if found := _NOT_IN_VALUE.search(value):
        what = control_name(found[0])
        raise PydanticCustomError("header", "the header's value holds {what}", {"what": what})
    return value


Headers: TypeAlias = dict[
    Annotated[str, AfterValidator(_header_name)], Annotated[str, AfterValidator(_header_value)]
]


def _texts(value: Any) -> tuple[str, ...]:
    """Write a field's values as text; a list is a field that comes more than once."""
    return tuple(_text(one) for one in (value if isinstance(value, list) else [value]))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    what = "nothing"
    if isinstance(value, dict | list):
        what = "a mapping" if isinstance(value, dict) else "a list"
    hint = "write '${... | tojson}' for JSON" if value is not None else 'write ""'
    context = {"what": what, "hint": hint}
    raise PydanticCustomError("field", "a field is text or a number, not {what}", context)


Fields: TypeAlias = dict[
    str, Annotated[tuple[str, ...], BeforeValidator(_texts), WithJsonSchema(_SCALARS)]
]
"""Names to texts; a list is a name that comes more than once."""


class FormFile(StrictModel):
    """A file of a multipart form: from the disk, or written here."""

    file: FilePath | None = Field(default=None, description="A file's path, relative to this one.")
    content: str | None = Field(default=None, description="The file's text, instead of a path.")
    filename: str | None = Field(
        default=None, description="Its name for the receiver. Default: the file's own."
    )
    content_type: str | None = Field(
        default=None, description="Its media type. Default: guessed by the name."
    )

    @field_validator("content")
    @classmethod
    def _is_alone(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("file") is not None:
            hint = "keep one of them"
            raise PydanticCustomError("file", "'file' and 'content' are two", {"hint": hint})
        return value

    @field_validator("content_type")
    @classmethod
    def _is_media_type(cls, value: str) -> str:
        if not _MEDIA_TYPE.fullmatch(value):
            hint = "write image/png, text/plain; charset=utf-8, ..."
            context = {"value": value, "hint": hint}
            raise PydanticCustomError("media_type", "'{value}' is no media type", context)
        return value

    @model_validator(mode="after")
    def _is_some(self) -> Self:
        if self.file is None and self.content is None:
            hint = "give it a 'file' or a 'content'"
            raise PydanticCustomError("file", "a file of a form has no content", {"hint": hint})
        return self


def _multipart_value(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    return read(value) if isinstance(value, dict) else _texts(value)


class OrSchema:
    """Widens a type's JSON Schema by what else may stand for it in a file."""

    def __init__(self, *others: dict[str, Any]) -> None:
        """Give the schemas of what else."""
        self._others = others

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [*self._others, handler(schema)]}


if TYPE_CHECKING:
    MultipartValue: TypeAlias = FormFile | tuple[str, ...]
else:
    # One model to pydantic, so that the mistakes in a file are told once, without a union's.
    MultipartValue = Annotated[FormFile, WrapValidator(_multipart_value), OrSchema(_SCALARS)]


class Binary(StrictModel):
    """Bytes for a body."""

    file: FilePath | None = Field(default=None, description="A file's path, relative to this one.")
    base64: str | None = Field(default=None, description="The bytes, instead of a path.")

    @model_validator(mode="before")
    @classmethod
    def _is_no_text(cls, value: Any) -> Any:
        if isinstance(value, str) and "${" not in value:
            hint = f"write {{file: {value}}}, or {{base64: ...}}"
            raise PydanticCustomError("binary", "'binary' must say of which kind", {"hint": hint})
        return value

    @field_validator("base64")
    @classmethod
    def _is_base64(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("file") is not None:
            hint = "keep one of them"
            raise PydanticCustomError("binary", "'file' and 'base64' are two", {"hint": hint})
        try:
            base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            problem = {"problem": str(error)[:1].lower() + str(error)[1:]}
            raise PydanticCustomError("base64", "this is no base64: {problem}", problem) from error
        return value

    @model_validator(mode="after")
    def _is_some(self) -> Self:
        if self.file is None and self.base64 is None:
            hint = "give it a 'file' or 'base64'"
            raise PydanticCustomError("binary", "'binary' has no bytes", {"hint": hint})
        return self

    def decoded(self) -> bytes:
        """Give the bytes that are written here."""
        return base64.b64decode("".join((self.base64 or "").split()))


def _cookie_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise PydanticCustomError("cookie", "'{name}' is no name of a cookie", {"name": name})
    return name


def _cookie_value(value: str) -> str:
    # RFC 6265, 4.1.1, and what servers set besides: a semicolon alone would end it.
    if not _COOKIE_VALUE.fullmatch(value):
        hint = "visible ASCII without ';'; percent-encode the rest"
        raise PydanticCustomError("cookie", "this is no value of a cookie", {"hint": hint})
    return value


Cookies: TypeAlias = dict[
    Annotated[str, AfterValidator(_cookie_name)], Annotated[str, AfterValidator(_cookie_value)]
]


def _redirects(value: Any) -> int:
    if isinstance(value, bool):
        return DEFAULT_REDIRECTS if value else 0
    if isinstance(value, int) and 0 <= value <= _MOST_REDIRECTS:
        return value
    hint = f"true, false, or how many at most: up to {_MOST_REDIRECTS}"
    raise PydanticCustomError("redirects", "'redirects' cannot be this", {"hint": hint})


Redirects: TypeAlias = Annotated[
    int,
    BeforeValidator(_redirects),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "boolean"},
                {"type": "integer", "minimum": 0, "maximum": _MOST_REDIRECTS},
            ]
        }
    ),
]
"""How many redirects are followed at most."""
