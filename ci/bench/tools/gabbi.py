"""gabbi, with `-k`: without it, it reads the machine's certificates anew for every request."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from bench.install import python_programs
from bench.workload import Contender, Tool, Workload, message, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["GABBI"]


def _install() -> str:
    script = "from importlib.metadata import version as v; print('gabbi', v('gabbi'))"
    python = python_programs("gabbi") / "python"
    done = subprocess.run([python, "-c", script], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _prepare(workload: Workload, folder: Path, url: str) -> Contender:
    files = write_files(workload, folder, "{}.yaml", lambda file: "".join(_file(workload, file)))
    program = str(python_programs("gabbi") / "gabbi-run")
    command = (program, "-k", "-q", url, "--", *files)
    return Contender(name=GABBI.name, command=command, folder=folder, chats=workload.chats)


def _file(workload: Workload, file: int) -> Iterator[str]:
    yield "tests:\n"
    for step in range(workload.steps):
        text = message(file, step)
        yield f"""\
  - name: Chat {step}
    POST: {workload.path}
    request_headers: {{content-type: application/json}}
    data: {{message: "{text}", step: {step}}}
    status: 200
    response_json_paths:
      $.answer: "{text}"
      $.model: small
      $.tools[0]: search
"""


GABBI = Tool(name="gabbi -k", install=_install, prepare=_prepare)
