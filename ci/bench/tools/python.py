"""Python without a runner, and with pytest: loops over HTTP clients.

The loops are one process that runs one file after the other, as the sequential tools do.
"""

from __future__ import annotations

import platform
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bench.workload import Contender, Tool, Workload, write_files

__all__ = ["ASYNC_HTTPX", "HTTPX", "HTTP_CLIENT", "PYREQWEST", "PYTEST", "PYTEST_ARGS"]

# pytest without what happens to be installed, and without a cache: agentrig runs it like that too.
PYTEST_ARGS = ("--disable-plugin-autoload", "-p", "no:cacheprovider", "-q")

_CHECKS = """\
assert response.status_code == 200
answer = response.json()
assert answer["answer"] == message
assert answer["model"] == "small"
assert answer["tools"][0] == "search"
"""

_HTTPX = """\
import httpx

with httpx.Client(base_url="{url}") as client:
    for file in range({files}):
        for step in range({steps}):
            message = f"plan {{step}} of file {{file}}"
            response = client.post("{path}", json={{"message": message, "step": step}})
{checks}"""

_HTTP_CLIENT = """\
import http.client
import json

connection = http.client.HTTPConnection("{address}")
for file in range({files}):
    for step in range({steps}):
        message = f"plan {{step}} of file {{file}}"
        body = json.dumps({{"message": message, "step": step}})
        connection.request("POST", "{path}", body, {{"Content-Type": "application/json"}})
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert response.status == 200
        assert answer["answer"] == message
        assert answer["model"] == "small"
        assert answer["tools"][0] == "search"
"""

_ASYNC_HTTPX = """\
import asyncio

import httpx


async def work(client, files):
    for file in files:
        for step in range({steps}):
            message = f"plan {{step}} of file {{file}}"
            response = await client.post("{path}", json={{"message": message, "step": step}})
{checks}

async def main():
    files = iter(range({files}))
    async with httpx.AsyncClient(base_url="{url}") as client, asyncio.TaskGroup() as group:
        for _ in range({at_once}):
            group.create_task(work(client, files))


asyncio.run(main())
"""

_PYREQWEST = """\
import asyncio

from pyreqwest.client import ClientBuilder


async def work(client, files):
    for file in files:
        for step in range({steps}):
            message = f"plan {{step}} of file {{file}}"
            body = {{"message": message, "step": step}}
            response = await client.post("{url}{path}").body_json(body).build().send()
            assert response.status == 200
            answer = await response.json()
            assert answer["answer"] == message
            assert answer["model"] == "small"
            assert answer["tools"][0] == "search"


async def main():
    files = iter(range({files}))
    try:
        async with ClientBuilder().build() as client, asyncio.TaskGroup() as group:
            for _ in range({at_once}):
                group.create_task(work(client, files))
    finally:
        await asyncio.sleep(0.02)  # an interpreter that ends at once may abort: its threads end


asyncio.run(main())
"""

_PYTEST = """\
import httpx


def test_chats():
    with httpx.Client(base_url="{url}") as client:
        for step in range({steps}):
            message = f"plan {{step}} of file {file}"
            response = client.post("{path}", json={{"message": message, "step": step}})
{checks}"""


def _version(*names: str) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names)


def _loop(script: str, name: str, workload: Workload, folder: Path, url: str) -> Contender:
    folder.mkdir(parents=True)
    text = script.format(
        url=url,
        address=url.removeprefix("http://"),
        path=workload.path,
        files=workload.files,
        steps=workload.steps,
        at_once=workload.at_once,
        checks=_indented(_CHECKS, 12),
    )
    (folder / "loop.py").write_text(text, encoding="utf-8")
    command = (sys.executable, "loop.py")
    return Contender(name=name, command=command, folder=folder, chats=workload.chats)


def _pytest(workload: Workload, folder: Path, url: str) -> Contender:
    checks = _indented(_CHECKS, 12)
    write_files(
        workload,
        folder,
        "test_{}.py",
        lambda file: _PYTEST.format(
            url=url, path=workload.path, file=file, steps=workload.steps, checks=checks
        ),
    )
    # Where httpx finds click and rich it imports a command line of its own, about 45 ms more:
    # hidden, so that it is as quick as where nothing else is installed.
    (folder / "click.py").write_text("raise ImportError\n", encoding="utf-8")
    program = str(Path(sys.executable).with_name("pytest"))
    command = (program, *PYTEST_ARGS)
    return Contender(name=PYTEST.name, command=command, folder=folder, chats=workload.chats)


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def _tool(name: str, script: str, *packages: str) -> Tool:
    return Tool(
        name=name,
        install=(lambda: _version(*packages)) if packages else _python,
        prepare=partial(_loop, script, name),
    )


def _python() -> str:
    return f"Python {platform.python_version()}"


HTTPX = _tool("httpx loop", _HTTPX, "httpx")
HTTP_CLIENT = _tool("http.client loop", _HTTP_CLIENT)
# What the engine's client takes without an engine.
PYREQWEST = _tool("pyreqwest, 16 at once", _PYREQWEST, "pyreqwest")
ASYNC_HTTPX = _tool("asyncio httpx, 16 at once", _ASYNC_HTTPX, "httpx")
PYTEST = Tool(name="pytest + httpx", install=lambda: _version("pytest", "httpx"), prepare=_pytest)
