"""As whom a request comes: `auth` of a step."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from agentrig.scenario import StrictModel
from agentrig.targets import url_problem

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Auth", "Basic", "OAuth2"]


def _fits_a_header(value: str) -> str:
    if not value or not value.isprintable() or not value.isascii() or " " in value:
        hint = "a token is visible ASCII without spaces; is there a line end at its end?"
        raise PydanticCustomError("token", "this is no bearer token", {"hint": hint})
    return value


class Basic(StrictModel):
    """A user and a password (RFC 7617)."""

    username: str = Field(description="The user.")
    password: str = Field(description="The password; best `${secret.NAME}`.")

    @field_validator("username")
    @classmethod
    def _has_no_colon(cls, value: str) -> str:
        if ":" in value:
            # RFC 7617, 2: the first colon ends the user's name.
            raise PydanticCustomError("username", "'username' cannot hold a colon")
        return value

    def header(self) -> str:
        """Make the value of the Authorization header."""
        pair = f"{self.username}:{self.password}".encode(errors="replace")
        return f"Basic {base64.b64encode(pair).decode()}"


class OAuth2(StrictModel):
    """A token that the run fetches for itself: client credentials (RFC 6749, 4.4)."""

    token_url: str = Field(description="Where tokens are given out.")
    client_id: str = Field(min_length=1, description="The client's identifier.")
    client_secret: str = Field(description="The client's secret; best `${secret.NAME}`.")
    scope: str | None = Field(
        default=None, min_length=1, description="What the token shall allow, separated by spaces."
    )
    audience: str | None = Field(
        default=None, min_length=1, description="For whom the token is, where the server asks."
    )

    @field_validator("token_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if problem := url_problem(value):
            raise PydanticCustomError("token_url", "{problem}", {"problem": problem})
        return value


class Auth(StrictModel):
    """One way to say who asks."""

    basic: Basic | None = Field(default=None, description="A user and a password.")
    bearer: str | None = Field(default=None, description="A token; best `${secret.NAME}`.")
    oauth2: OAuth2 | None = Field(
        default=None, description="A token that is fetched once in a run, and renewed in time."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_no_text(cls, value: Any) -> Any:
        if isinstance(value, str) and "${" not in value:
            kind, _, rest = value.partition(" ")
            hint = f"write {{bearer: {rest or kind}}}" if kind.lower() != "basic" else None
            hint = hint or "write {basic: {username: ..., password: ...}}"
            raise PydanticCustomError("auth", "'auth' must say of which kind", {"hint": hint})
        return value

    @field_validator("bearer")
    @classmethod
    def _is_token(cls, value: str) -> str:
        return _fits_a_header(value)

    @field_validator("bearer", "oauth2")
    @classmethod
    def _is_alone(cls, value: object, info: ValidationInfo) -> object:
        for other in ("basic", "bearer"):
            if info.data.get(other) is not None:
                names = {"one": other, "other": info.field_name, "hint": "keep one of them"}
                raise PydanticCustomError("auth", "'{one}' and '{other}' are two ways", names)
        return value

    @model_validator(mode="after")
    def _is_some(self) -> Self:
        if self.basic is None and self.bearer is None and self.oauth2 is None:
            hint = "one of basic, bearer, oauth2"
            raise PydanticCustomError("auth", "'auth' says nothing", {"hint": hint})
        return self
