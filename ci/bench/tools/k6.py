"""k6: a load generator. Each file is an iteration, and its virtual users share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.install import go_program
from bench.workload import Contender, Tool, Workload

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["K6"]

_VERSION = "1.8.1"
_SCRIPT = """\
import {{ check }} from "k6";
import exec from "k6/execution";
import http from "k6/http";

export const options = {{
  scenarios: {{
    chats: {{ executor: "shared-iterations", vus: {users}, iterations: {files} }},
  }},
  thresholds: {{ checks: ["rate==1"] }},
}};

const params = {{ headers: {{ "Content-Type": "application/json" }} }};

export default function () {{
  const file = exec.scenario.iterationInTest;
  for (let step = 0; step < {steps}; step++) {{
    const message = `plan ${{step}} of file ${{file}}`;
    const response = http.post("{url}", JSON.stringify({{ message, step }}), params);
    const answer = response.json();
    check(response, {{
      status: () => response.status === 200,
      answer: () => answer.answer === message,
      model: () => answer.model === "small",
      tool: () => answer.tools[0] === "search",
    }});
  }}
}}
"""


def _program() -> Path:
    return go_program("k6", "go.k6.io/k6", _VERSION)


def _install() -> str:
    _program()
    return f"k6 {_VERSION}"


def _prepare(workload: Workload, folder: Path, url: str) -> Contender:
    folder.mkdir(parents=True)
    text = _SCRIPT.format(
        url=url + workload.path,
        files=workload.files,
        steps=workload.steps,
        users=min(workload.at_once, workload.files),
    )
    (folder / "chats.js").write_text(text, encoding="utf-8")
    options = ("--quiet", "--no-usage-report", "--address", "")
    command = (str(_program()), "run", *options, "chats.js")
    return Contender(name=K6.name, command=command, folder=folder, chats=workload.chats)


K6 = Tool(name="k6, 16 at once", install=_install, prepare=_prepare)
