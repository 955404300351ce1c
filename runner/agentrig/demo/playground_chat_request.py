"""A request for a chat completion, read from its JSON body; what is wrong is said as OpenAI does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agentrig.demo.playground_model import Message, Tool

__all__ = ["ChatError", "ChatRequest", "Model", "models_here", "read_chat"]

_ROLES = ("system", "developer", "user", "assistant", "tool")
_MOST_CHOICES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model by its pace."""

    name: str
    first_token_ms: int = 0
    token_ms: int = 0


_MODELS = {
    model.name: model
    for model in (
        Model(name="playground-small"),
        Model(name="playground-large"),
        Model(name="playground-slow", first_token_ms=150, token_ms=20),
        Model(name="playground-faulty"),
    )
}


class ChatError(Exception):
    """A request that is refused."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",  # noqa: A002 - the field's name
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self._error = {"message": message, "type": type, "param": param, "code": code}

    def body(self) -> dict[str, Any]:
        """Give the JSON of the refusal."""
        return {"error": self._error}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked for; `must_call` names a tool, `most_tokens` None sets no limit."""

    model: Model
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    must_call: str | None
    parallel_calls: bool
    most_tokens: int | None
    stop: tuple[str, ...]
    choices: int
    stream: bool
    include_usage: bool

    @property
    def fault(self) -> str | None:
        """The fault that the model `playground-faulty` is told to have."""
        if self.model.name != "playground-faulty":
            return None
        words = self.messages[-1].text.lower().split()
        return next((w for w in ("error", "garbled", "cut", "overload") if w in words), None)


def models_here() -> list[str]:
    """List the names of the models."""
    return list(_MODELS)


def read_chat(body: dict[str, Any]) -> ChatRequest:
    """Read a body; raise `ChatError` for what is missing, wrong or not known here."""
    name = body.get("model")
    if not isinstance(name, str):
        raise _wrong("model", "must be the name of a model")
    if name not in _MODELS:
        message = f"the model '{name}' does not exist: there are {', '.join(_MODELS)}"
        raise ChatError(404, message, param="model", code="model_not_found")
    temperature = body.get("temperature", 1)
    if not _is_number(temperature) or not 0 <= temperature <= 2:  # noqa: PLR2004 - the API's bounds
        raise _wrong("temperature", "must be from 0 to 2")
    stream = body.get("stream") or False
    options = body.get("stream_options")
    if options is not None and not stream:
        raise _wrong("stream_options", "is for streams alone")
    tools = _tools_in(body)
    return ChatRequest(
        model=_MODELS[name],
        messages=_messages_in(body),
        tools=() if body.get("tool_choice") == "none" else tools,
        must_call=_must_call(body, tools),
        parallel_calls=body.get("parallel_tool_calls") is not False,
        most_tokens=_whole(body, "max_completion_tokens") or _whole(body, "max_tokens"),
        stop=_stop_in(body),
        choices=_whole(body, "n", most=_MOST_CHOICES) or 1,
        stream=bool(stream),
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _messages_in(body: dict[str, Any]) -> tuple[Message, ...]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _wrong("messages", "must be a list of at least one message")
    found: list[Message] = []
    for index, message in enumerate(messages):
        at = f"messages[{index}]"
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise _wrong(f"{at}.role", f"must be one of {', '.join(_ROLES)}")
        if message["role"] == "tool" and not isinstance(message.get("tool_call_id"), str):
            raise _wrong(f"{at}.tool_call_id", "must name the call that this answers")
        found.append(Message(role=message["role"], text=_text_in(message.get("content"), at)))
    return tuple(found)


def _text_in(content: Any, at: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return " ".join(str(part["text"]) for part in content if part.get("type") == "text")
    raise _wrong(f"{at}.content", "must be a text or a list of parts")


def _tools_in(body: dict[str, Any]) -> tuple[Tool, ...]:
    found: list[Tool] = []
    for index, tool in enumerate(body.get("tools") or ()):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise _wrong(f"tools[{index}].function.name", "must be a name")
        parameters = function.get("parameters") or {}
        if not isinstance(parameters, dict):
            raise _wrong(f"tools[{index}].function.parameters", "must be a JSON Schema")
        found.append(Tool(name=function["name"], parameters=parameters))
    return tuple(found)


def _must_call(body: dict[str, Any], tools: tuple[Tool, ...]) -> str | None:
    choice = body.get("tool_choice")
    if choice in {None, "auto", "none"} if isinstance(choice, str | None) else False:
        return None
    if choice == "required" and tools:
        return tools[0].name
    if isinstance(choice, dict):
        name = (choice.get("function") or {}).get("name")
        if any(tool.name == name for tool in tools):
            return str(name)
    raise _wrong("tool_choice", "must be 'none', 'auto', 'required' or name one of the tools")


def _stop_in(body: dict[str, Any]) -> tuple[str, ...]:
    stop = body.get("stop") or ()
    stops = (stop,) if isinstance(stop, str) else tuple(stop)
    if not all(isinstance(one, str) and one for one in stops):
        raise _wrong("stop", "must be a text or a list of texts")
    return stops


def _whole(body: dict[str, Any], name: str, *, most: int = 2**31) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= most:
        raise _wrong(name, f"must be a whole number from 1 to {most}")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(param: str, problem: str) -> ChatError:
    return ChatError(400, f"'{param}' {problem}", param=param)
