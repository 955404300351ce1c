"""agentrig: files run at the same time; a journal, JUnit and a summary are written."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.workload import Contender, Tool, Workload, message, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AGENTRIG", "PROGRAM"]

PROGRAM = str(Path(sys.executable).with_name("agentrig"))


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("agentrig", "pyreqwest", "pytest"))


def _prepare(workload: Workload, folder: Path, url: str) -> Contender:
    write_files(workload, folder / "suite", "{}.yaml", lambda file: "".join(_file(workload, file)))
    where = ("--target", f"proxy={url}", "--results", str(folder / "results"))
    often = ("--repeat", str(workload.repeat)) if workload.repeat > 1 else ()
    return Contender(
        name=AGENTRIG.name,
        command=(PROGRAM, "run", ".", *where, "--concurrency", str(workload.at_once), *often),
        folder=folder / "suite",
        chats=workload.chats,
    )


def _file(workload: Workload, file: int) -> Iterator[str]:
    yield f"name: File {file}\nsteps:\n"
    for step in range(workload.steps):
        text = message(file, step)
        yield f"""\
  - name: Chat {step}
    method: POST
    path: {workload.path}
    body: {{message: "{text}", step: {step}}}
    expect:
      status: 200
      checks:
        - {{jq: .answer, equals: "{text}"}}
        - {{jq: .model, equals: small}}
        - {{jq: ".tools[0]", equals: search}}
"""


AGENTRIG = Tool(name="agentrig", install=_versions, prepare=_prepare)
