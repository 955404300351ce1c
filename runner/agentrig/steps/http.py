"""The kind `http`: one request to an endpoint of the agent, and checks on its response."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from agentrig._redact import cut, redact_headers, redact_url
from agentrig.checks import Output
from agentrig.errors import TargetError
from agentrig.events import CheckResult, Exchange, Outcome
from agentrig.scenario import closest, json_problem
from agentrig.steps._context import StepContext, StepResult
from agentrig.steps._expect import HttpExpect, check_response, decode_text
from agentrig.steps._messages import NoAnswerError, Request, Response
from agentrig.steps._model import Step
from agentrig.steps._registry import StepKind
from agentrig.targets import is_url, url_problem

__all__ = ["KIND", "HttpStep"]

# Enough of a body to see what came; a report of 10,000 failures must stay readable.
BODY_CHARACTERS = 4_000

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2 Tokens
_NOT_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110, 5.5 Field Values
# A wrong one would leave bytes on a connection that other scenarios are given next.
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_NOT_IN_PATH = re.compile(r"[\x00-\x1f\x7f]")
# The URL parser below would read a backslash as a slash, and drop spaces at the end.
_ESCAPES = str.maketrans({"\\": "%5C", " ": "%20"})


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise PydanticCustomError("header", "'{name}' is no header name", {"name": name})
    if name.lower() in _FRAMING:
        hint = "take it out: it follows from 'body'"
        raise PydanticCustomError(
            "header", "'{name}' is not for a step to set", {"name": name, "hint": hint}
        )
    return name


def _header_value(value: str) -> str:
    if found := _NOT_IN_VALUE.search(value):
        what = _control_name(found[0])
        raise PydanticCustomError("header", "the header's value holds {what}", {"what": what})
    return value


def _control_name(character: str) -> str:
    return "a line break" if character in "\r\n" else "a control character"


class HttpStep(Step):
    """One HTTP request. The default kind: its keys stand in the step itself."""

    kind: ClassVar[str] = "http"

    endpoint: str = Field(
        default="proxy",
        description="Where the request goes: `proxy`, `control`, a configured target, or a URL.",
    )
    method: str = Field(default="GET", description="The HTTP method.")
    path: str = Field(
        default="/", description="The path, with its query, appended to the endpoint's URL."
    )
    headers: dict[
        Annotated[str, AfterValidator(_header_name)], Annotated[str, AfterValidator(_header_value)]
    ] = Field(default={}, description="Request headers.")
    body: Any = Field(default=None, description="A JSON body, sent as application/json.")
    expect: HttpExpect | None = Field(default=None, description="What the response must be.")

    def title(self) -> str:
        """Name the step by its request where it has no name."""
        return self.name or f"{self.method.upper()} {redact_url(self.path)}"

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

    @field_validator("method")
    @classmethod
    def _is_token(cls, value: str) -> str:
        if not _TOKEN.fullmatch(value):
            raise PydanticCustomError("method", "'{value}' is no HTTP method", {"value": value})
        return value

    @field_validator("path")
    @classmethod
    def _is_rooted(cls, value: str) -> str:
        if not value.startswith("/"):
            hint = "the host belongs to 'endpoint'" if is_url(value) else f"write '/{value}'"
            raise PydanticCustomError("path", "'path' must begin with '/'", {"hint": hint})
        if found := _NOT_IN_PATH.search(value):
            what = _control_name(found[0])
            raise PydanticCustomError("path", "'path' holds {what}", {"what": what})
        return value

    @field_validator("body")
    @classmethod
    def _is_json(cls, value: Any) -> Any:
        if found := json_problem(value):
            within, problem = found
            raise PydanticCustomError("body", "{problem}", {"problem": problem, "within": within})
        return value


async def execute(step: HttpStep, context: StepContext) -> StepResult:
    """Send the request and check what comes. Raises TargetError when no connection comes about."""
    target = await context.find_target(step.endpoint)
    url = target.url
    if not is_url(step.endpoint) or step.path != "/":
        url = target.url.removesuffix("/") + step.path.translate(_ESCAPES)
    headers = list(step.headers.items())
    body = None
    if step.body is not None:
        body = json.dumps(step.body, ensure_ascii=False, separators=(",", ":")).encode()
        if not any(name.lower() == "content-type" for name in step.headers):
            headers.append(("content-type", "application/json"))
    try:
        response = await context.clients.send(
            Request(method=step.method.upper(), url=url, headers=headers, body=body)
        )
    except TargetError as error:
        raise target.unreachable(error) from error
    except NoAnswerError as error:
        return StepResult(
            checks=(_no_answer(step, context, str(error)),),
            exchange=lambda: _exchange(step, url, headers, body, None),
        )
    checks: tuple[CheckResult, ...] = ()
    if step.expect is not None:
        checks = await check_response(step.expect, response, context, step.title())
    return StepResult(
        checks=checks,
        output=Output(body=response.body, status=response.status, headers=response.headers),
        exchange=lambda: _exchange(step, url, headers, body, response),
    )


def _no_answer(step: HttpStep, context: StepContext, problem: str) -> CheckResult:
    return CheckResult(
        check="response",
        outcome=Outcome.FAILED,
        message=f"[{step.title()}] {problem}",
        at=context.locate(),
    )


def _exchange(
    step: HttpStep,
    url: str,
    headers: list[tuple[str, str]],
    body: bytes | None,
    response: Response | None,
) -> Exchange:
    return Exchange(
        method=step.method.upper(),
        url=redact_url(url),
        request_headers=redact_headers(headers),
        request_body=cut(body.decode(), BODY_CHARACTERS) if body else None,
        status=response.status if response else None,
        response_headers=redact_headers(response.headers) if response else (),
        response_body=cut(decode_text(response), BODY_CHARACTERS) if response else None,
    )


KIND = StepKind(model=HttpStep, execute=execute)
