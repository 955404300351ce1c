"""Values that users record, as the text of a JSON object: plain, bounded, and without secrets."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from agentrig._redact import REDACTED, cut, is_credential, redact_text

if TYPE_CHECKING:
    from agentrig._secrets import Secrets

__all__ = ["text_of_data"]

MAX_CHARACTERS = 64_000
MAX_TEXT = 8_000
MAX_ITEMS = 1_000
MAX_DEPTH = 8
LEFT_OUT = "data_left_out"


def text_of_data(data: Mapping[str, Any], secrets: Secrets) -> str:
    """Write `data` as a JSON object of at most 64,000 characters.

    What JSON does not know becomes a text, or a number if it is one, as those of numpy. What no
    longer fits is named under `data_left_out`.
    """
    plain = _Plain(secrets)
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    size = 0
    for name, value in data.items():
        shown = plain.text(str(name))
        made = REDACTED if plain.is_secret(shown, value) else plain.value(value, 1)
        size += len(_dump({shown: made}))
        if size > MAX_CHARACTERS:
            left_out.append(cut(shown, 100))
        else:
            kept[shown] = made
    if left_out:
        kept[LEFT_OUT] = left_out[:MAX_ITEMS]
    return _dump(kept)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Plain:
    """Makes plain values of any."""

    def __init__(self, secrets: Secrets) -> None:
        self._hide = secrets.hide

    def text(self, text: str) -> str:
        """Hide secrets first: one that is cut in two is found no more."""
        return cut(redact_text(self._hide(text)), MAX_TEXT)

    def is_secret(self, name: str, value: Any) -> bool:
        """Tell a credential by its name, unless it only says whether there is one."""
        return is_credential(name) and not isinstance(value, bool | None)

    def value(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            # A text of another class, as of an enum, is its value.
            return self.text(str.__str__(value))
        if depth > MAX_DEPTH:
            return self._shown(value)
        if isinstance(value, Mapping):
            return self._object(value, depth)
        if isinstance(value, list | tuple | AbstractSet):
            return [self.value(one, depth + 1) for one in [*value][:MAX_ITEMS]]
        return self._number(value)

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        made = {}
        for key, item in [*value.items()][:MAX_ITEMS]:
            name = self.text(str(key))
            made[name] = REDACTED if self.is_secret(name, item) else self.value(item, depth + 1)
        return made

    def _number(self, value: Any) -> Any:
        """Keep a number; a secret may be one as well."""
        if isinstance(value, int) or hasattr(value, "__float__"):
            try:
                number = int(value) if isinstance(value, int) else float(value)
                text = _dump(number) if math.isfinite(number) else str(number)
            except (TypeError, ValueError, OverflowError):
                return self._shown(value)
            if self._hide(text) != text:
                return REDACTED
            return number if math.isfinite(number) else text
        return self._shown(value)

    def _shown(self, value: Any) -> str:
        try:
            return self.text(str(value))
        except Exception:  # noqa: BLE001  # a value of any class: what it does is not the test's fault
            return f"<{type(value).__name__}>"
