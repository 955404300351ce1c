"""newman: one collection, with a folder for each file, because it runs one collection only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.install import LOCKS, node_modules
from bench.workload import Contender, Tool, Workload, message

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NEWMAN"]


def _install() -> str:
    node_modules("newman")
    wanted = json.loads((LOCKS / "newman" / "package.json").read_text("utf-8"))["dependencies"]
    return f"newman {wanted['newman']}"


def _prepare(workload: Workload, folder: Path, url: str) -> Contender:
    folder.mkdir(parents=True)
    collection = {
        "info": {
            "name": "Chats",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": [
            {
                "name": f"File {file}",
                "item": [_item(workload, file, step, url) for step in range(workload.steps)],
            }
            for file in range(workload.files)
        ],
    }
    (folder / "chats.json").write_text(json.dumps(collection), encoding="utf-8")
    program = str(node_modules("newman") / "newman")
    # Without `--silent` it also prints each request.
    command = (program, "run", "chats.json", "--silent")
    return Contender(name=NEWMAN.name, command=command, folder=folder, chats=workload.chats)


def _item(workload: Workload, file: int, step: int, url: str) -> dict[str, Any]:
    text = message(file, step)
    script = f"""\
const answer = pm.response.json();
pm.test("status", () => pm.response.to.have.status(200));
pm.test("answer", () => pm.expect(answer.answer).to.eql("{text}"));
pm.test("model", () => pm.expect(answer.model).to.eql("small"));
pm.test("tool", () => pm.expect(answer.tools[0]).to.eql("search"));
"""
    return {
        "name": f"Chat {step}",
        "request": {
            "method": "POST",
            "header": [{"key": "Content-Type", "value": "application/json"}],
            "url": url + workload.path,
            "body": {"mode": "raw", "raw": json.dumps({"message": text, "step": step})},
        },
        "event": [{"listen": "test", "script": {"exec": script.splitlines()}}],
    }


NEWMAN = Tool(name="newman", install=_install, prepare=_prepare)
