"""Checks and captures, as they are written in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from msgspec import Struct
from pydantic import Field, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError, core_schema

from agentrig.checks._bound import HINT, KEY, BoundMatcher, Matchers, bind, unknown_key
from agentrig.checks._registry import matchers
from agentrig.checks._subject import PLAIN, SELECTING, Subject, selecting_subject
from agentrig.events import CheckResult, Outcome
from agentrig.scenario import StrictModel, empty_list

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

__all__ = ["Capture", "Check", "Expect"]

_SUBJECTS = (*SELECTING, *PLAIN)

# Most checks of a suite stand in it many times: reading one takes 7 µs, finding it again 1.
_READ: dict[Hashable, Check] = {}
_MOST_READ = 1024
_PLAIN_TYPES = frozenset({str, int, float, bool})


class Check(Struct, frozen=True):
    """A subject, and the matchers that must hold for it, in the order of the file.

    `passed` has the result of each matcher while it holds, so that a run makes none.
    """

    subject: Subject
    matchers: tuple[BoundMatcher, ...]
    passed: tuple[CheckResult, ...]

    def location(self, matcher: BoundMatcher) -> tuple[str, ...]:
        """Where the operand of a matcher stands within the check."""
        if self.subject.selector is None:
            return (self.subject.kind, matcher.name)
        return (matcher.name,)

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

        return describe("Check", Matchers, handler)

    @classmethod
    def parse(cls, raw: Any, info: ValidationInfo) -> Check:
        """Read a mapping. Raises ValidationError with all its mistakes.

        The validation context may hold `names`: the variables that jq programs may read.
        """
        key = _key(raw, info)
        found = _READ.get(key) if key else None
        if found is None:
            found = cls._read(raw, info)
            if key:
                if len(_READ) >= _MOST_READ:
                    _READ.clear()
                _READ[key] = found
        return found

    @classmethod
    def _read(cls, raw: Any, info: ValidationInfo) -> Check:
        reader = _Reader(raw, info, what="a check")
        subject, known = reader.subject(), matchers().names
        below, within = raw, tuple[str, ...]()
        if subject.kind in PLAIN:
            below, within = raw[subject.kind], (subject.kind,)
            reader.misplaced(known)
        bound = reader.bind(below, within, known)
        reader.unknown([*_SUBJECTS, *known])
        reader.finish()
        label = subject.label
        passed = tuple(
            CheckResult(check=f"{label} {one.name}", outcome=Outcome.PASSED) for one in bound
        )
        return cls(subject, tuple(bound), passed)


class Capture(Struct, frozen=True):
    """A subject whose value is kept under a name."""

    subject: Subject

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

        return describe("Capture", Matchers, handler)

    @classmethod
    def parse(cls, raw: Any, info: ValidationInfo) -> Capture:
        """Read a mapping of one subject. Raises ValidationError with all its mistakes."""
        reader = _Reader(raw, info, what="a capture")
        subject = reader.subject()
        if subject.kind in PLAIN and raw[subject.kind] is not True:
            hint = f"write '{subject.kind}: true'"
            reader.mistake((subject.kind,), f"'{subject.kind}' has nothing to select", hint)
        reader.unknown(_SUBJECTS)
        reader.finish()
        return cls(subject)


class Expect(StrictModel):
    """What the output of a step must be; without a key there is no check."""

    checks: list[Check] = Field(
        default_factory=empty_list,
        description="Checks in order: a subject and what must hold for it.",
    )


class _Reader:
    """Reads one mapping, and gathers what is wrong with it."""

    def __init__(self, raw: Any, info: ValidationInfo, *, what: str) -> None:
        if not isinstance(raw, dict):
            raise PydanticKnownError("dict_type")
        self._raw = raw
        self._info = info
        self._what = what
        self._mistakes: list[InitErrorDetails] = []

    def mistake(
        self,
        location: tuple[str | int, ...],
        message: str,
        hint: str | None = None,
        *,
        kind: LiteralString = "check",
    ) -> None:
        problem = PydanticCustomError(kind, "{problem}", {"problem": message, "hint": hint})
        self._mistakes.append(InitErrorDetails(type=problem, loc=location, input=self._raw))

    def subject(self) -> Subject:
        """Read the one subject. Raises what pydantic makes a mistake of when there is none."""
        kinds = [kind for kind in self._raw if kind in _SUBJECTS]
        if not kinds:
            self.unknown([*_SUBJECTS, *matchers().names])
            self.finish()
            hint = f"say what it is about: {', '.join(_SUBJECTS)}"
            self.mistake((), f"{self._what} needs a subject", hint, kind="no_subject")
            self.finish()
        for kind in kinds[1:]:
            message = f"'{kinds[0]}' and '{kind}' are two subjects of {self._what}"
            self.mistake((kind, KEY), message, "write two of them")
        kind, selector = kinds[0], self._raw[kinds[0]]
        if kind in PLAIN:
            return Subject(kind, None)
        names = (self._info.context or {}).get("names")
        try:
            return selecting_subject(kind, selector, names)
        except PydanticCustomError as error:
            self._mistakes.append(InitErrorDetails(type=error, loc=(kind,), input=selector))
            return Subject(kind, str(selector))

    def misplaced(self, known: tuple[str, ...]) -> None:
        """Find matchers that stand beside a subject which holds its own."""
        kind = next(kind for kind in self._raw if kind in PLAIN)
        for name in self._raw:
            if name in known:
                hint = f"write '{kind}: {{{name}: ...}}'"
                self.mistake((name, KEY), f"'{name}' belongs below '{kind}'", hint)

    def bind(self, raw: Any, within: tuple[str, ...], known: tuple[str, ...]) -> list[BoundMatcher]:
        """Bind the matchers in a mapping: the check itself, or what stands below its subject."""
        if raw is None:
            self.mistake(
                within,
                f"'{within[0]}' has no value",
                "give it one, or take the key away",
                kind="no_value",
            )
            return []
        if not isinstance(raw, dict):
            hint = f"write '{within[0]}: {{equals: {raw}}}'" if _is_scalar(raw) else HINT
            self.mistake(within, f"'{within[0]}' must hold matchers", hint)
            return []
        bound = []
        for name, operand in raw.items():
            if name in known and name not in _SUBJECTS:
                bound.append(bind(name, operand, self._info, self._mistakes, within=within))
            elif within:
                self._mistakes.append(unknown_key(name, known, within))
        # A name that is none was meant to be one, and is told already.
        if not bound and {*raw, *self._raw} <= {*_SUBJECTS}:
            self.mistake(
                within, "the check cannot fail: it has no matcher", HINT, kind="no_matcher"
            )
        return [one for one in bound if one]

    def unknown(self, known: list[str] | tuple[str, ...]) -> None:
        """Find keys that are none of the known ones."""
        for name in self._raw:
            if name not in known:
                self._mistakes.append(unknown_key(name, known, what=self._what))

    def finish(self) -> None:
        """Raise ValidationError with all that was found, if anything was."""
        if self._mistakes:
            raise ValidationError.from_exception_data(self._what, self._mistakes)


def _key(raw: Any, info: ValidationInfo) -> Hashable | None:
    """Give what tells a check of plain values alone from all others; types too, as 1 is no true."""
    if type(raw) is not dict:
        return None
    types = tuple(map(type, raw.values()))
    if not _PLAIN_TYPES.issuperset(types):
        return None
    context = info.context or {}
    # Operands may be files beside the scenario; a text is compared faster than a path.
    folder = str(context.get("folder"))
    return matchers(), context.get("names"), folder, *raw, *raw.values(), types


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
