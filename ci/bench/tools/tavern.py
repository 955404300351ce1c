"""Tavern: a pytest plugin, in an environment of its own.

Its JSON checks are three path expressions (JMESPath), as those of the others are; as one block of
JSON to compare with they would take a fifth less, as three functions a quarter more.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from bench.install import python_programs
from bench.tools.python import PYTEST_ARGS
from bench.workload import Contender, Tool, Workload, message, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TAVERN"]

_VERSIONS = (
    "from importlib.metadata import version\n"
    "names = 'tavern', 'pytest', 'requests'\n"
    "print(', '.join(f'{name} {version(name)}' for name in names))"
)


def _install() -> str:
    python = python_programs("tavern") / "python"
    done = subprocess.run([python, "-c", _VERSIONS], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _prepare(workload: Workload, folder: Path, url: str) -> Contender:
    write_files(
        workload, folder, "test_{}.tavern.yaml", lambda file: "".join(_file(workload, file, url))
    )
    program = str(python_programs("tavern") / "pytest")
    command = (program, *PYTEST_ARGS, "-p", "tavern")
    return Contender(name=TAVERN.name, command=command, folder=folder, chats=workload.chats)


def _file(workload: Workload, file: int, url: str) -> Iterator[str]:
    yield f"test_name: File {file}\nstages:\n"
    for step in range(workload.steps):
        text = message(file, step)
        yield f"""\
  - name: Chat {step}
    request:
      url: {url}{workload.path}
      method: POST
      json: {{message: "{text}", step: {step}}}
    response:
      status_code: 200
      verify_response_with:
        function: tavern.helpers:validate_content
        extra_kwargs:
          comparisons:
            - {{jmespath: answer, operator: eq, expected: "{text}"}}
            - {{jmespath: model, operator: eq, expected: small}}
            - {{jmespath: "tools[0]", operator: eq, expected: search}}
"""


TAVERN = Tool(name="Tavern", install=_install, prepare=_prepare)
