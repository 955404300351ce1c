"""What all steps have that send a request: where it goes, as whom, with what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from agentrig._redact import redact_url
from agentrig.scenario import Duration, FilePath, StrictModel, closest, json_problem
from agentrig.steps._auth import Auth  # noqa: TC001  # pydantic resolves it
from agentrig.steps._fields import (
    TOKEN,
    Binary,
    Cookies,
    Fields,
    Headers,
    MultipartValue,
    Redirects,
    control_name,
)
from agentrig.steps._messages import MAX_BODY
from agentrig.steps._model import Step
from agentrig.steps._size import Size  # noqa: TC001  # pydantic resolves it
from agentrig.steps._tls import CONNECT_TIMEOUT_S, Tls
from agentrig.targets import is_url, url_problem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BODIES", "BodyStep", "RequestStep", "TlsKeys"]

_NOT_IN_PATH = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")

BODIES = ("body", "form", "multipart", "raw", "binary")
"""The keys that say what is sent; a step has one of them."""


class TlsKeys(StrictModel):
    """Whom a connection trusts, and as whom it comes; files are relative to this one."""

    ca: FilePath | None = Field(
        default=None,
        description="A PEM file of authorities to trust besides the system's.",
    )
    cert: FilePath | None = Field(
        default=None, description="A PEM file with the client's certificate."
    )
    key: FilePath | None = Field(
        default=None, description="Its key, unless that is in `cert` as well."
    )
    server_name: str | None = Field(
        default=None,
        description="The name to expect in the server's certificate, and to ask for, "
        "where it is not the URL's host: for a port-forward, say.",
    )
    verify: bool = Field(
        default=True,
        description="With false, any certificate is taken: whoever answers, it proves nothing.",
    )

    @field_validator("key")
    @classmethod
    def _has_certificate(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("cert") is None:
            hint = "add 'cert'"
            raise PydanticCustomError("tls", "a 'key' without its certificate", {"hint": hint})
        return value

    @field_validator("server_name")
    @classmethod
    def _is_host(cls, value: str) -> str:
        if not _HOST.fullmatch(value):
            raise PydanticCustomError("tls", "'{value}' is no host name", {"value": value})
        return value

    def settings(self, folder: Path) -> Tls:
        """Give the settings with whole paths."""
        return Tls(
            ca=folder / self.ca if self.ca else None,
            cert=folder / self.cert if self.cert else None,
            key=folder / self.key if self.key else None,
            server_name=self.server_name,
            verify=self.verify,
        )


class RequestStep(Step):
    """A request without a body of its own; kinds add what they send."""

    endpoint: str = Field(
        default="proxy",
        description="Where the request goes: `proxy`, `control`, a configured target, or a URL.",
    )
    path: str = Field(
        default="/", description="The path, with its query, appended to the endpoint's URL."
    )
    query: Fields = Field(
        default_factory=dict,
        description="Parameters after those of `path`, percent-encoded; a list repeats its name.",
    )
    headers: Headers = Field(default_factory=dict, description="Request headers.")
    cookies: Cookies = Field(
        default_factory=dict,
        description="Cookies for this step, besides those that the scenario was given.",
    )
    auth: Auth | None = Field(default=None, description="As whom the request comes.")
    redirects: Redirects = Field(
        default=0,
        description="Follow redirects: true (10 of them), false, or how many at most.",
    )
    tls: TlsKeys | None = Field(
        default=None, description="Own certificates and authorities for https."
    )
    connect_timeout: Duration = Field(
        default=CONNECT_TIMEOUT_S,
        description="How long to wait for a connection. Default: 10s.",
        json_schema_extra={"default": "10s"},
    )
    max_body: Size = Field(
        default=MAX_BODY,
        description="No more of a response is read. Default: 32MiB.",
        json_schema_extra={"default": "32MiB"},
    )

    @field_validator("endpoint")
    @classmethod
    def _known_endpoint(cls, value: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get("endpoints")
        if is_url(value):
            if problem := url_problem(value):
                raise PydanticCustomError("endpoint", "{problem}", {"problem": problem})
        elif known is not None and value not in known:
            raise PydanticCustomError(
                "endpoint",
                "unknown endpoint '{value}'",
                {
                    "value": value,
                    "hint": closest(value, known) or f"known here: {', '.join(sorted(known))}",
                },
            )
        return value

    @field_validator("path")
    @classmethod
    def _is_rooted(cls, value: str) -> str:
        if not value.startswith("/"):
            hint = "the host belongs to 'endpoint'" if is_url(value) else f"write '/{value}'"
            raise PydanticCustomError("path", "'path' must begin with '/'", {"hint": hint})
        if found := _NOT_IN_PATH.search(value):
            what = control_name(found[0])
            raise PydanticCustomError("path", "'path' holds {what}", {"what": what})
        return value

    @field_validator("cookies", "auth")
    @classmethod
    def _is_no_header_too(cls, value: Any, info: ValidationInfo) -> Any:
        header = {"cookies": "cookie", "auth": "authorization"}[str(info.field_name)]
        if value and any(name.lower() == header for name in info.data.get("headers") or ()):
            names = {"name": info.field_name, "header": header, "hint": "keep one of them"}
            raise PydanticCustomError(
                "header", "'{name}' and the header '{header}' are two ways", names
            )
        return value


class BodyStep(RequestStep):
    """A request with whatever body the author writes."""

    method: str = Field(default="GET", description="The HTTP method.")
    body: Any = Field(default=None, description="A JSON body, sent as application/json.")
    form: Fields | None = Field(
        default=None,
        description="A form, sent as application/x-www-form-urlencoded; a list repeats its name.",
    )
    multipart: dict[str, MultipartValue] | None = Field(
        default=None,
        min_length=1,
        description="A form, sent as multipart/form-data: texts, lists of them, and files.",
    )
    raw: str | None = Field(
        default=None, description="A text body, sent as text/plain unless a header says otherwise."
    )
    binary: Binary | None = Field(
        default=None,
        description="Bytes, sent as application/octet-stream unless a header says otherwise.",
    )

    def title(self) -> str:
        """Name the step by its request where it has no name."""
        return self.name or f"{self.method.upper()} {redact_url(self.path)}"

    @field_validator("method")
    @classmethod
    def _is_token(cls, value: str) -> str:
        if not TOKEN.fullmatch(value):
            raise PydanticCustomError("method", "'{value}' is no HTTP method", {"value": value})
        return value

    @field_validator("body")
    @classmethod
    def _is_json(cls, value: Any) -> Any:
        if found := json_problem(value):
            within, problem = found
            raise PydanticCustomError("body", "{problem}", {"problem": problem, "within": within})
        return value

    @field_validator("form", "multipart", "raw", "binary")
    @classmethod
    def _is_the_only_body(cls, value: Any, info: ValidationInfo) -> Any:
        for other in BODIES:
            if other == info.field_name:
                break
            if info.data.get(other) is not None:
                names = {"one": other, "other": info.field_name, "hint": "keep one of them"}
                raise PydanticCustomError("body", "'{one}' and '{other}' are two bodies", names)
        if info.field_name == "multipart":
            cls._leaves_type(info)
        return value

    @staticmethod
    def _leaves_type(info: ValidationInfo) -> None:
        """Refuse a content type that cannot know the boundary."""
        if any(name.lower() == "content-type" for name in info.data.get("headers") or ()):
            hint = "take the header out: it follows from 'multipart'"
            raise PydanticCustomError(
                "body", "'multipart' and the header 'content-type' are two ways", {"hint": hint}
            )
