"""The tools that are measured, each with the same work in its own words."""

from bench.tools.agentrig import AGENTRIG
from bench.tools.gabbi import GABBI
from bench.tools.hurl import HURL
from bench.tools.k6 import K6
from bench.tools.newman import NEWMAN
from bench.tools.python import ASYNC_HTTPX, HTTP_CLIENT, HTTPX, PYREQWEST, PYTEST
from bench.tools.tavern import TAVERN

__all__ = ["TOOLS"]

TOOLS = {
    "agentrig": AGENTRIG,
    "hurl": HURL,
    "k6": K6,
    "pyreqwest": PYREQWEST,
    "http.client": HTTP_CLIENT,
    "httpx": HTTPX,
    "asyncio-httpx": ASYNC_HTTPX,
    "pytest": PYTEST,
    "gabbi": GABBI,
    "tavern": TAVERN,
    "newman": NEWMAN,
}
