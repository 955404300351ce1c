"""The body of a message from a template of the user's, in jinja2's sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agentrig.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["TemplateFailedError", "check_template", "render_template"]

MAX_BYTES = 1024 * 1024


class TemplateFailedError(Exception):
    """A template gives no message for this run; the text says why."""


def check_template(text: str, *, name: str) -> None:
    """Raise UsageError for a template that never can be rendered."""
    environment = _environment()
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415  # 30 ms, only for templates

    try:
        environment.from_string(text)
    except TemplateSyntaxError as error:
        raise UsageError(f"--webhook-template {name}:{error.lineno}: {error.message}") from error


def render_template(text: str, context: Mapping[str, Any]) -> bytes:
    """Give the body of the message. Raises TemplateFailedError."""
    try:
        rendered = _environment().from_string(text).render(context)
    except Exception as error:  # whatever an expression of the template may raise
        raise TemplateFailedError(f"{type(error).__name__}: {error}") from error
    body = rendered.encode("utf-8", "replace")
    if len(body) > MAX_BYTES:
        raise TemplateFailedError(f"it gives {len(body):,} bytes, and {MAX_BYTES:,} are the most")
    try:
        json.loads(body)
    except ValueError as error:
        raise TemplateFailedError(
            f"it gives no JSON ({error}): write texts as {{{{ value | tojson }}}}"
        ) from error
    return body


def _environment() -> ImmutableSandboxedEnvironment:
    try:
        from jinja2 import StrictUndefined  # noqa: PLC0415  # 30 ms, only for templates
        from jinja2.sandbox import (  # noqa: PLC0415  # as above
            ImmutableSandboxedEnvironment,
        )
    except ModuleNotFoundError as error:
        raise UsageError("--webhook-template needs `pip install agentrig[webhook]`") from error
    # The body is JSON, where HTML's escapes would be shown. tojson writes it.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
