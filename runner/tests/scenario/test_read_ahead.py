"""Files that a copy of the process reads: what comes is what would have been read here."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# In a process of its own: a copy is made of one that has no threads, as pytest-xdist's have.
SCRIPT = """
import json, os, signal, sys
from pathlib import Path
from agentrig.errors import ScenarioError
from agentrig.scenario import ReadAhead, Source, _read_ahead

_read_ahead.LARGE_BYTES = {least}
_read_ahead.FIRST_FILES = 1
_read_ahead._may_copy = lambda: True
# Wait for the copy, or never have anything of it: which it is must not hang on the machine.
_read_ahead._Copy._has_come = lambda self: {comes} and bool(self._coming)
copies = []
fork = os.fork
os.fork = lambda: copies.append(fork()) or copies[-1]

def read(make, file):
    try:
        source = make(file, path=file.name)
        return [source.path, source.text, [[one.line, one.data] for one in source.documents()]]
    except ScenarioError as error:
        return str(error.mistakes)

files = [Path(name) for name in sys.argv[1:]]
ahead = ReadAhead()
for file in files:
    ahead.expect(file)
found = []
for file in {order}:
    found.append(read(ahead.source, file))
    if {dies}:
        os.kill(copies[0], signal.SIGKILL)
ahead.close()
try:
    os.waitpid(-1, 0)
    left = True
except ChildProcessError:
    left = False
same = found == [read(Source.read, file) for file in {order}]
print(json.dumps({{"same": same, "copies": len(copies), "left": left, "found": len(found)}}))
"""

TEXTS = {
    "plain.yaml": "name: Plain\nsteps:\n  - {path: /ok, query: {a: 1, b: [true, null, 1.5]}}\n",
    "bom.yaml": "\ufeffname: Größe\nsteps: []\n",
    "two.yaml": "name: A\nsteps: []\n---\nname: B\nsteps: []\n",
    "anchor.yaml": "name: &a Anchor\nagent: *a\nsteps: []\n",
    "broken.yaml": "name: [\n",
    "empty.yaml": "",
    "latin.yaml": "latin",
}


def run(
    folder: Path,
    *,
    order: str = "files",
    least: int = 0,
    dies: bool = False,
    comes: bool = True,
) -> Any:
    for name, text in TEXTS.items():
        content = b"name: \xe9\n" if text == "latin" else text.encode()
        (folder / name).write_bytes(content)
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-c",
                SCRIPT.format(order=order, least=least, dies=dies, comes=comes),
            ),
            *TEXTS,
            "missing.yaml",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "order",
    ["files", "files[::-1]", "files[::2]", "[files[3], *files]", "files + [Path('plain.yaml')]"],
)
def test_a_copy_reads_what_would_have_been_read_here(tmp_path: Path, order: str) -> None:
    answer = run(tmp_path, order=order)
    assert answer["same"] is True
    assert answer["copies"] == 1
    assert answer["left"] is False


def test_a_copy_that_dies_is_not_missed(tmp_path: Path) -> None:
    answer = run(tmp_path, dies=True)
    assert answer == {"same": True, "copies": 1, "left": False, "found": len(TEXTS) + 1}


def test_a_copy_that_is_behind_is_not_waited_for(tmp_path: Path) -> None:
    answer = run(tmp_path, comes=False)
    assert answer == {"same": True, "copies": 1, "left": False, "found": len(TEXTS) + 1}


def test_few_files_are_read_here(tmp_path: Path) -> None:
    answer = run(tmp_path, least=10_000)
    assert answer == {"same": True, "copies": 0, "left": False, "found": len(TEXTS) + 1}
