"""Hurl, with its files in parallel."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from bench.errors import UnavailableError
from bench.install import cargo_program, python_programs
from bench.workload import Contender, Tool, Workload, message, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["HURL"]

_VERSION = "8.0.1"


def _program() -> Path:
    return cargo_program("hurl", _VERSION, _build_environment)


def _install() -> str:
    done = subprocess.run([_program(), "--version"], check=True, capture_output=True, text=True)
    # Its own version, and that of the libcurl it was built with.
    words = done.stdout.split()
    libcurl = next(word for word in words if word.startswith("libcurl/"))
    return f"Hurl {words[1]} with {libcurl.replace('/', ' ')}"


def _build_environment() -> dict[str, str]:
    """Say where libclang is: it reads libxml2's headers, and comes as a Python package."""
    if not shutil.which("gcc"):
        raise UnavailableError("there is no gcc on PATH")
    native = next(python_programs("libclang").parent.glob("lib/*/site-packages/clang/native"))
    headers = subprocess.run(
        ["gcc", "-print-file-name=include"], check=True, capture_output=True, text=True
    ).stdout.strip()
    return {"LIBCLANG_PATH": str(native), "BINDGEN_EXTRA_CLANG_ARGS": f"-isystem {headers}"}


def _prepare(workload: Workload, folder: Path, url: str) -> Contender:
    files = write_files(
        workload, folder, "{}.hurl", lambda file: "".join(_file(workload, file, url))
    )
    command = (str(_program()), "--test", "--jobs", str(workload.at_once), *files)
    return Contender(name=HURL.name, command=command, folder=folder, chats=workload.chats)


def _file(workload: Workload, file: int, url: str) -> Iterator[str]:
    for step in range(workload.steps):
        text = message(file, step)
        yield f"""\
# Chat {step}
POST {url}{workload.path}
{{"message": "{text}", "step": {step}}}
HTTP 200
[Asserts]
jsonpath "$.answer" == "{text}"
jsonpath "$.model" == "small"
jsonpath "$.tools[0]" == "search"

"""


HURL = Tool(name="Hurl, 16 at once", install=_install, prepare=_prepare)
