"""What a language model is asked: the keys below `chat`, and the body that they make."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from agentrig.scenario import StrictModel, json_problem
from agentrig.steps._bodies import encode_json

__all__ = ["Chat"]


class Chat(StrictModel):
    """A question to a model; the API's usual parameters have keys of their own."""

    model: str = Field(min_length=1, description="The model's name, as the server knows it.")
    prompt: str | None = Field(default=None, description="What the user says.")
    system: str | None = Field(
        default=None, description="What the model is told before: a first message of its own."
    )
    messages: list[dict[str, Any]] | None = Field(
        default=None,
        min_length=1,
        description="The whole conversation, instead of `prompt`: `{role, content}` each, and "
        "what else the API knows.",
    )
    tools: list[dict[str, Any]] = Field(
        default=[],
        description="Functions that the model may call: `{name, description, parameters}` each, "
        "or the API's longer form.",
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="How freely the model answers; 0 is least."
    )
    stream: bool = Field(default=False, description="Let the answer come in pieces.")
    parameters: dict[str, Any] = Field(
        default={},
        description="Any other parameter of the API, such as `max_tokens`; null leaves one out "
        "that would be sent otherwise (`stream_options`, which asks for the usage of a stream).",
    )

    @field_validator("messages")
    @classmethod
    def _have_roles(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for index, message in enumerate(value):
            if not isinstance(message.get("role"), str):
                raise PydanticCustomError(
                    "message",
                    "a message has no 'role'",
                    {"within": (index,), "hint": "user, assistant, system, tool"},
                )
        return value

    @field_validator("tools")
    @classmethod
    def _have_names(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for index, tool in enumerate(value):
            function = tool.get(str(tool.get("type", "")), tool)
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                hint = "write {name: ..., parameters: {...}}"
                raise PydanticCustomError(
                    "tool", "a tool has no 'name'", {"within": (index,), "hint": hint}
                )
        return value

    @field_validator("parameters")
    @classmethod
    def _are_others(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name in cls.model_fields:
                hint = "write it beside 'parameters'"
                raise PydanticCustomError(
                    "parameter",
                    "'{name}' has a key of its own",
                    {"name": name, "within": (name,), "hint": hint},
                )
        return value

    @field_validator("messages", "tools", "parameters")
    @classmethod
    def _are_json(cls, value: Any, info: ValidationInfo) -> Any:
        if found := json_problem(value):
            within, problem = found
            raise PydanticCustomError(
                str(info.field_name), "{problem}", {"problem": problem, "within": within}
            )
        return value

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        if (self.prompt is None) == (self.messages is None):
            problem = "says nothing" if self.prompt is None else "speaks twice"
            hint = "give it a 'prompt' or 'messages'"
            raise PydanticCustomError(
                "chat", "'chat' {problem}", {"problem": problem, "hint": hint}
            )
        return self

    def body(self) -> bytes:
        """Make the body of the request."""
        messages = self.messages or [{"role": "user", "content": self.prompt}]
        if self.system is not None:
            messages = [{"role": "system", "content": self.system}, *messages]
        body: dict[str, Any] = {"model": self.model, "messages": messages}
        if self.tools:
            body["tools"] = [_long_form(tool) for tool in self.tools]
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        body |= self.parameters
        kept = {name: value for name, value in body.items() if value is not None}
        return encode_json(kept)


def _long_form(tool: dict[str, Any]) -> dict[str, Any]:
    return tool if "type" in tool else {"type": "function", "function": tool}
