"""The same work in the words of each tool: files of chats, each chat with four checks.

Every chat is a POST with a JSON body; checked are the status, that a header is there, a value of
the JSON answer, and a part of the body's text.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AGENTRIG", "PYTEST", "TAVERN", "Contender", "Workload", "contenders"]

AGENTRIG, PYTEST, TAVERN = "agentrig", "pytest + httpx", "Tavern"

# pytest without what happens to be installed, and without a cache: agentrig runs it like that too.
_PYTEST_ARGS = ("--disable-plugin-autoload", "-p", "no:cacheprovider", "-q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """So many files of so many chats each."""

    title: str
    files: int
    steps: int

    @property
    def chats(self) -> int:
        """The number of requests that a server must have seen."""
        return self.files * self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A tool, and the command that makes it do the work; it is run in `folder`."""

    name: str
    command: tuple[str, ...]
    folder: Path


def contenders(
    workload: Workload, folder: Path, *, url: str, tavern_bin: Path
) -> tuple[Contender, ...]:
    """Write the workload for each tool below `folder`, to be sent to the server at `url`.

    `tavern_bin` is the folder of programs of the environment that has Tavern.
    """
    own_bin = Path(sys.executable).parent
    return (
        Contender(
            name=AGENTRIG,
            command=(
                *(str(own_bin / "agentrig"), "run", "."),
                *("--target", f"proxy={url}", "--results", str(folder / "results")),
            ),
            folder=_write(workload, folder / "agentrig", "{}.yaml", _scenario),
        ),
        Contender(
            name=PYTEST,
            command=(str(own_bin / "pytest"), *_PYTEST_ARGS),
            folder=_without_click(_write(workload, folder / "pytest", "test_{}.py", _module(url))),
        ),
        Contender(
            name=TAVERN,
            command=(str(tavern_bin / "pytest"), *_PYTEST_ARGS, "-p", "tavern"),
            folder=_write(workload, folder / "tavern", "test_{}.tavern.yaml", _tavern(url)),
        ),
    )


def _write(workload: Workload, folder: Path, name: str, content: Callable[[int, int], str]) -> Path:
    folder.mkdir(parents=True)
    for file in range(workload.files):
        text = content(file, workload.steps)
        (folder / name.format(f"{file:02}")).write_text(text, encoding="utf-8")
    return folder


def _without_click(folder: Path) -> Path:
    """Hide click, so that httpx is as quick to import as where nothing else is installed.

    Where it finds click and rich it imports a command line of its own, about 45 ms more.
    """
    (folder / "click.py").write_text("raise ImportError\n", encoding="utf-8")
    return folder


def _scenario(file: int, steps: int) -> str:
    head = f"name: File {file}\nsteps:\n"
    return head + "".join(
        f"""\
  - name: Chat {step}
    method: POST
    path: /chat
    body: {{message: "plan {step} of file {file}", step: {step}}}
    expect:
      status: 200
      headers_present: [x-request-id]
      jq: .answer
      equals: plan {step} of file {file}
      body_contains: '"model": "small"'
"""
        for step in range(steps)
    )


def _module(url: str) -> Callable[[int, int], str]:
    return lambda file, steps: (
        f"""\
import httpx


def test_chats():
    with httpx.Client(base_url="{url}") as client:
        for step in range({steps}):
            message = f"plan {{step}} of file {file}"
            response = client.post("/chat", json={{"message": message, "step": step}})
            assert response.status_code == 200
            assert "x-request-id" in response.headers
            assert response.json()["answer"] == message
            assert '"model": "small"' in response.text
"""
    )


def _tavern(url: str) -> Callable[[int, int], str]:
    def content(file: int, steps: int) -> str:
        head = f"test_name: File {file}\nstrict: [json:off]\nstages:\n"
        return head + "".join(
            f"""\
  - name: Chat {step}
    request:
      url: {url}/chat
      method: POST
      json: {{message: "plan {step} of file {file}", step: {step}}}
    response:
      status_code: 200
      headers: {{x-request-id: !anything }}
      json: {{answer: plan {step} of file {file}}}
      verify_response_with:
        function: tavern.helpers:validate_regex
        extra_kwargs: {{expression: '"model": "small"'}}
"""
            for step in range(steps)
        )

    return content
