"""What a step's output must be, and what is kept of it: matchers, checks, captures."""

from agentrig.checks._bound import BoundMatcher, Matchers, MatchersList
from agentrig.checks._check import Capture, Check, Expect
from agentrig.checks._evaluate import capture_output, check_output, check_value
from agentrig.checks._matcher import CannotMatchError, Matcher, Missing
from agentrig.checks._output import NO_DATA, NotJsonError, Output
from agentrig.checks._registry import GROUP, MatcherRegistry, matchers
from agentrig.checks._subject import PLAIN, SELECTING, Subject

__all__ = [
    "GROUP",
    "NO_DATA",
    "PLAIN",
    "SELECTING",
    "BoundMatcher",
    "CannotMatchError",
    "Capture",
    "Check",
    "Expect",
    "Matcher",
    "MatcherRegistry",
    "Matchers",
    "MatchersList",
    "Missing",
    "NotJsonError",
    "Output",
    "Subject",
    "capture_output",
    "check_output",
    "check_value",
    "matchers",
]
