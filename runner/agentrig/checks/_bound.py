"""Matchers with their operands, as they stand in a mapping of a file: `{ge: 1, lt: 5}`."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, cast

from msgspec import Struct
from pydantic import Field, PlainValidator, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError, core_schema

from agentrig.checks._matcher import CannotMatchError, Matcher, Missing
from agentrig.checks._registry import matchers, operand_adapter
from agentrig.checks._values import show
from agentrig.errors import UsageError
from agentrig.scenario import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import ErrorDetails

__all__ = [
    "HINT",
    "KEY",
    "BoundMatcher",
    "Matchers",
    "MatchersList",
    "bind",
    "first_problem",
    "unknown_key",
]

HINT = "add one, e.g. 'exists: true'"

KEY = "[key]"
"""Ends the location of a mistake that lies in a key, as pydantic has it."""


class BoundMatcher(Struct, frozen=True):
    """A matcher with its operand, and the operand as it was written."""

    name: str
    matcher: Matcher
    operand: Any
    written: Any

    def problem(self, actual: Any) -> str | None:
        """Say what is wrong with a value; None if it holds. Raises CannotMatchError."""
        if type(actual) is Missing and not self.matcher.sees_missing:
            raise CannotMatchError(f"there is no {actual.what}")
        return self.matcher.problem(actual, self.operand)


class Matchers(Struct, frozen=True):
    """Matchers that all must hold; at least one."""

    bound: tuple[BoundMatcher, ...]

    def problem(self, actual: Any) -> str | None:
        """Say what is wrong with a value; None if all hold. Raises CannotMatchError."""
        return first_problem(partial(one.problem, actual) for one in self.bound)

    def __str__(self) -> str:
        return ", ".join(f"{one.name}: {show(one.written)}" for one in self.bound)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(cls.parse)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        from agentrig.checks._described import describe  # noqa: PLC0415  # for schemas alone

        return describe("Matchers", cls, handler)

    @classmethod
    def parse(cls, raw: Any, info: ValidationInfo) -> Matchers:
        """Read a mapping from names to operands. Raises ValidationError with all its mistakes."""
        if not isinstance(raw, dict):
            raise PydanticKnownError("dict_type")
        mistakes: list[InitErrorDetails] = []
        known = matchers().names
        bound = []
        for name, operand in raw.items():
            if name in known:
                bound.append(bind(name, operand, info, mistakes))
            else:
                mistakes.append(unknown_key(name, known))
        if not raw:
            raise PydanticCustomError("no_matcher", "no matcher stands here", {"hint": HINT})
        if mistakes:
            raise ValidationError.from_exception_data("matchers", mistakes)
        return cls(tuple(one for one in bound if one))


@cache
def _matchers_adapter() -> TypeAdapter[Matchers]:
    from pydantic import TypeAdapter  # noqa: PLC0415  # 15 ms, for `any` and `all` alone

    return TypeAdapter(Matchers)


def _choices(raw: Any, info: ValidationInfo) -> tuple[Matchers, ...]:
    if not isinstance(raw, list):
        raise PydanticKnownError("list_type")
    if not raw:
        raise PydanticCustomError("no_matcher", "no matcher stands here", {"hint": HINT})
    mistakes: list[InitErrorDetails] = []
    found = []
    for index, one in enumerate(raw):
        try:
            found.append(_matchers_adapter().validate_python(one, context=info.context))
        except ValidationError as error:
            mistakes += [_below((index,), detail) for detail in error.errors()]
    if mistakes:
        raise ValidationError.from_exception_data("matchers", mistakes)
    return tuple(found)


MatchersList = Annotated[
    tuple[Matchers, ...],
    PlainValidator(_choices, json_schema_input_type=Annotated[list[Matchers], Field(min_length=1)]),
]
"""A list of mappings of matchers, not empty."""


def first_problem(judges: Iterable[Callable[[], str | None]]) -> str | None:
    """Give the first problem that is found; None if all hold.

    Where nothing fails and something could not be judged, it is as undecided as that. This makes
    `not`, `any` and `all` Kleene's three-valued logic: a negation never turns a value of the
    wrong type into a pass.
    """
    unjudged = None
    for judge in judges:
        try:
            problem = judge()
        except CannotMatchError as error:
            unjudged = unjudged or error
            continue
        if problem is not None:
            return problem
    if unjudged is not None:
        raise unjudged
    return None


def bind(
    name: str,
    operand: Any,
    info: ValidationInfo,
    mistakes: list[InitErrorDetails],
    *,
    within: tuple[str | int, ...] = (),
) -> BoundMatcher | None:
    """Check the operand of a matcher; None, and an entry in `mistakes`, when it is wrong."""
    try:
        matcher = matchers().matcher(name)
    except UsageError as error:
        problem = PydanticCustomError("matcher", "{problem}", {"problem": str(error)})
        mistakes.append(InitErrorDetails(type=problem, loc=(*within, name, KEY), input=operand))
        return None
    try:
        checked = operand_adapter(matcher).validate_python(
            operand, strict=True, context=info.context
        )
    except ValidationError as error:
        if operand is None:
            problem = PydanticCustomError(
                "no_value",
                "'{name}' has no value",
                {"name": name, "hint": "give it one, or take the key away"},
            )
            mistakes.append(InitErrorDetails(type=problem, loc=(*within, name), input=None))
        else:
            at = (*within, name)
            fields = getattr(matcher.operand, "model_fields", ())
            mistakes += [_below(at, detail, fields) for detail in error.errors()]
        return None
    return BoundMatcher(name, matcher, checked, operand)


def unknown_key(
    name: Any,
    known: Collection[str],
    within: tuple[str | int, ...] = (),
    *,
    what: str = "a mapping of matchers",
) -> InitErrorDetails:
    """Say that a key is none of the known ones."""
    where = f"'{within[-1]}'" if within and isinstance(within[-1], str) else what
    problem = PydanticCustomError(
        "unknown_key",
        "unknown key '{name}' in {where}",
        {
            "name": str(name),
            "where": where,
            "hint": closest(str(name), known) or f"known here: {', '.join(sorted(known))}",
        },
    )
    return InitErrorDetails(type=problem, loc=(*within, str(name), KEY), input=name)


def _below(
    at: tuple[str | int, ...], detail: ErrorDetails, fields: Collection[str] = ()
) -> InitErrorDetails:
    """Move a mistake within an operand to where the operand stands."""
    location = (*at, *detail["loc"])
    context = detail.get("ctx", {})
    if detail["type"] == "extra_forbidden":
        return unknown_key(location[-1], fields, location[:-1])
    try:
        # Only this knows which errors are pydantic's own.
        PydanticKnownError(cast("Any", detail["type"]), context)
    except (KeyError, TypeError, ValueError):
        problem = _custom(detail["type"], detail["msg"], context)
        return InitErrorDetails(type=problem, loc=location, input=detail["input"])
    return InitErrorDetails(type=detail["type"], loc=location, input=detail["input"], ctx=context)


def _custom(kind: str, message: str, context: Mapping[str, Any]) -> PydanticCustomError:
    if kind == "value_error":
        message = str(context["error"])
    # What a mistake's position and hint are made of.
    kept = {key: context[key] for key in ("within", "offset", "length", "hint") if key in context}
    return PydanticCustomError(cast("Any", kind), "{problem}", {"problem": message, **kept})
