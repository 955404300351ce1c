"""Many runs side by side: trends of all, and the difference between two."""

from agentrig.history._cache import Cache
from agentrig.history._compare import Comparison, Limits, compare
from agentrig.history._comparison_page import comparison_page
from agentrig.history._comparison_text import (
    comparison_json,
    comparison_markdown,
    comparison_text,
)
from agentrig.history._condense import condense, condense_records
from agentrig.history._load import Loaded, load, newest_run
from agentrig.history._output import cache_beside, put_page, way_between
from agentrig.history._run import Metric, Result, Run
from agentrig.history._site import site
from agentrig.history._trends import Trends, trends
from agentrig.history._trends_text import trends_json, trends_text

__all__ = [
    "Cache",
    "Comparison",
    "Limits",
    "Loaded",
    "Metric",
    "Result",
    "Run",
    "Trends",
    "cache_beside",
    "compare",
    "comparison_json",
    "comparison_markdown",
    "comparison_page",
    "comparison_text",
    "condense",
    "condense_records",
    "load",
    "newest_run",
    "put_page",
    "site",
    "trends",
    "trends_json",
    "trends_text",
    "way_between",
]
