"""What is measured, in parts: each can be run alone."""

from bench.parts.delay import DELAY
from bench.parts.launch import LAUNCH
from bench.parts.loading import LOADING
from bench.parts.many import MANY
from bench.parts.page import PAGE
from bench.parts.profile import PROFILE
from bench.parts.reports import REPORTS
from bench.parts.search import SEARCH
from bench.parts.start_up import START_UP
from bench.parts.steps import STEPS

__all__ = ["PARTS"]

PARTS = {
    "start-up": START_UP,
    "steps": STEPS,
    "delay": DELAY,
    "many": MANY,
    "loading": LOADING,
    "profile": PROFILE,
    "launch": LAUNCH,
    "reports": REPORTS,
    "search": SEARCH,
    "page": PAGE,
}
