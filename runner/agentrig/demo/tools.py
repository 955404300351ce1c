"""What the agents can do: small pure functions from a message to a sentence.

Each returns None where the message does not ask for it, so that choosing tools and calling
them is one thing. Nothing is kept between calls: the same message gets the same answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["TOOLS"]

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SESSIONS = {
    "run": ("easy run", "rest", "intervals", "rest", "tempo run", "long run", "rest"),
    "strength": ("upper body", "rest", "lower body", "rest", "full body", "mobility", "rest"),
}
_EXERCISES = {
    "back": "bent-over row",
    "chest": "push-up",
    "core": "plank",
    "legs": "goblet squat",
    "shoulders": "overhead press",
}
_PRICES = {"ACME": 101.5, "GLOBEX": 48.2, "INITECH": 12.75}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
# Metabolic equivalents, 2011 Compendium of Physical Activities, rounded to halves.
_METS = {"cycling": 7.5, "running": 9.5, "swimming": 6.0, "walking": 3.5, "yoga": 2.5}
_WEIGHT_KG = 70
_NOTES = (
    "Service names resolve inside the cluster through its own DNS.",
    "A Job counts a failed pod against its backoff limit.",
    "An audit ring keeps the newest entries and drops the oldest.",
    "A policy in track mode records a violation and lets the request pass.",
    "Strip internal headers before an answer leaves the sidecar.",
)


def _plan_week(message: str) -> str | None:
    if not re.search(r"\bplan\b", message, re.IGNORECASE):
        return None
    focus = (
        "run" if re.search(r"\b(run|running|marathon)\b", message, re.IGNORECASE) else "strength"
    )
    days = zip(_WEEK, _SESSIONS[focus], strict=True)
    return "Your week: " + ", ".join(f"{day}: {session}" for day, session in days) + "."


def _find_exercise(message: str) -> str | None:
    words = _words(message)
    found = next((muscle for muscle in _EXERCISES if muscle in words), None)
    return found and f"For {found}, try the {_EXERCISES[found]}, 3 sets of 10."


def _get_quote(message: str) -> str | None:
    if not re.search(r"\b(quote|price|worth)\b", message, re.IGNORECASE):
        return None
    ticker = next((t for t in _PRICES if t.lower() in _words(message)), None)
    return ticker and f"{ticker} is at {_PRICES[ticker]:.2f}."


def _place_order(message: str) -> str | None:
    order = re.search(r"\b(buy|sell)\s+([1-9]\d{0,5})\s+(\w+)", message, re.IGNORECASE)
    ticker = order and order[3].upper()
    if not order or ticker not in _PRICES:
        return None
    shares = int(order[2])
    return f"Paper order: {order[1].lower()} {shares} {ticker} for {shares * _PRICES[ticker]:.2f}."


def _set_timer(message: str) -> str | None:
    timer = re.search(r"\btimer\b.*?\b(\d{1,4})[ -](second|minute|hour)", message, re.IGNORECASE)
    if not timer:
        timer = re.search(r"\b(\d{1,4})[ -](second|minute|hour)s? timer\b", message, re.IGNORECASE)
    return timer and f"Timer set for {int(timer[1]) * _SECONDS[timer[2].lower()]} seconds."


def _spell_word(message: str) -> str | None:
    word = re.search(r"\bspell\s+([a-z]{1,40})\b", message, re.IGNORECASE)
    return word and "-".join(word[1].upper()) + "."


def _log_workout(message: str) -> str | None:
    activity = next((a for a in _METS if a in _words(message)), None)
    length = re.search(r"\b(\d{1,3})\s*min", message, re.IGNORECASE)
    if activity is None or length is None:
        return None
    minutes = int(length[1])
    kcal = round(_METS[activity] * _WEIGHT_KG * minutes / 60)
    return f"Log line: {activity}, {minutes} min, about {kcal} kcal."


def _heart_rate_zone(message: str) -> str | None:
    age = re.search(r"\b(?:zone|heart rate)\b.*?\b([1-9]\d)\b", message, re.IGNORECASE)
    if not age:
        return None
    most = 220 - int(age[1])
    return f"Your aerobic zone is {round(most * 0.7)} to {round(most * 0.8)} beats per minute."


def _search_notes(message: str) -> str | None:
    if not re.search(r"\b(search|find|look up|what|how|why)\b", message, re.IGNORECASE):
        return None
    asked = {word for word in _words(message) if len(word) > len("the")}
    best = max(_NOTES, key=lambda note: len(asked & _words(note)))
    return f"Found a note: {best}" if asked & _words(best) else None


def _summarize(message: str) -> str | None:
    text = re.search(r"\bsummari[sz]e\b[^:]*:\s*(\S.*)", message, re.IGNORECASE | re.DOTALL)
    return text and "In short: " + re.split(r"(?<=[.!?])\s", text[1], maxsplit=1)[0]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


TOOLS: Mapping[str, Callable[[str], str | None]] = {
    "plan-week": _plan_week,
    "find-exercise": _find_exercise,
    "get-quote": _get_quote,
    "place-order": _place_order,
    "set-timer": _set_timer,
    "spell-word": _spell_word,
    "log-workout": _log_workout,
    "heart-rate-zone": _heart_rate_zone,
    "search-notes": _search_notes,
    "summarize": _summarize,
}
"""Every tool of every agent, by the name in its manifest."""
