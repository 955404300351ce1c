"""Files that a copy of the process reads: what comes is what would have been read here."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# In a process of its own: a copy is made of one that has no threads, as pytest-xdist's have.
SCRIPT = """
import json, os, signal, sys, time
from pathlib import Path
from agentrig.errors import ScenarioError
from agentrig.documents import ReadAhead, Source, _read_ahead

_read_ahead.LARGE_BYTES = {least}
_read_ahead._may_copy = lambda: True
copies = []
fork = os.fork
os.fork = lambda: copies.append(fork()) or copies[-1]

def read(make, file):
    try:
        source = make(file, path=file.name)
        documents = [[one.line, one.data] for one in source.documents()]
        return [source.path, source.text, source.is_templated, documents]
    except ScenarioError as error:
        return str(error.mistakes)

from_copy = 0
of_parsed = Source.of_parsed
def counted(path, parsed):
    global from_copy
    from_copy += 1
    return of_parsed(path, parsed)
Source.of_parsed = counted

files = [Path(name).absolute() for name in {names}]
order = {order}
ahead = ReadAhead({paths})
if copies and {waits}:
    # Until it has ended, and all it has found is in the pipe.
    os.waitid(os.P_PID, copies[0], os.WEXITED | os.WNOWAIT)
{meanwhile}
found = [read(ahead.source, file) for file in order]
ahead.close()
try:
    os.waitpid(-1, 0)
    left = True
except ChildProcessError:
    left = False
same = found == [read(Source.read, file) for file in order]
print(json.dumps({{"same": same, "copies": len(copies), "left": left, "ahead": from_copy}}))
"""

TEXTS = {
    "plain.yaml": "name: Plain\nsteps:\n  - {path: /ok, query: {a: 1, b: [true, null, 1.5]}}\n",
    "bom.yaml": "\ufeffname: Größe\nsteps: []\n",
    "two.yml": "name: A\nsteps: []\n---\nname: B\nsteps: []\n",
    "below/filled.yaml": "name: ${matrix.a}\nsteps: []\n",
    "anchor.yaml": "name: &a Anchor\nagent: *a\nsteps: []\n",
    "broken.yaml": "name: [\n",
    "empty.yaml": "",
    "latin.yaml": "latin",
}
PLAIN = 5  # those that can be read fast, the empty one among them


def run(
    folder: Path,
    *,
    order: str = "files",
    paths: str = "['.']",
    least: int = 0,
    waits: bool = True,
    meanwhile: str = "",
) -> Any:
    for name, text in TEXTS.items():
        content = b"name: \xe9\n" if text == "latin" else text.encode()
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    script = SCRIPT.format(
        order=order,
        names=[*TEXTS, "missing.yaml"],
        paths=paths,
        least=least,
        waits=waits,
        meanwhile=meanwhile,
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("order", ["files", "files[::-1]", "[files[3], *files]", "files * 2"])
def test_a_copy_reads_what_would_have_been_read_here(tmp_path: Path, order: str) -> None:
    answer = run(tmp_path, order=order)
    assert answer == {"same": True, "copies": 1, "left": False, "ahead": PLAIN}


def test_only_what_was_asked_for_is_read(tmp_path: Path) -> None:
    answer = run(tmp_path, paths="['below', 'plain.yaml::Plain', 'missing.yaml']")
    assert answer == {"same": True, "copies": 1, "left": False, "ahead": 2}


@pytest.mark.parametrize("waits", [True, False])
def test_a_copy_that_dies_is_not_missed(tmp_path: Path, *, waits: bool) -> None:
    answer = run(tmp_path, waits=waits, meanwhile="os.kill(copies[0], signal.SIGKILL)")
    assert (answer["same"], answer["left"]) == (True, False)


def test_a_copy_whose_end_nobody_hears_of_is_ended(tmp_path: Path) -> None:
    ignored = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
    answer = run(tmp_path, waits=False, meanwhile=ignored)
    assert (answer["same"], answer["left"]) == (True, False)


def test_python_modules_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("import os\n", encoding="utf-8")
    answer = run(tmp_path, paths="['test_a.py']", order="[]", least=1)
    assert answer == {"same": True, "copies": 0, "left": False, "ahead": 0}


def test_a_copy_that_is_behind_is_not_waited_for(tmp_path: Path) -> None:
    answer = run(tmp_path, waits=False, meanwhile="os.kill(copies[0], signal.SIGSTOP)")
    assert (answer["same"], answer["left"]) == (True, False)


def test_a_file_that_was_written_meanwhile_is_read_again(tmp_path: Path) -> None:
    meanwhile = "files[0].write_text('name: Anew\\nsteps: []\\n')"
    answer = run(tmp_path, meanwhile=meanwhile)
    assert answer == {"same": True, "copies": 1, "left": False, "ahead": PLAIN - 1}


def test_a_file_that_was_removed_meanwhile_is_told_of(tmp_path: Path) -> None:
    answer = run(tmp_path, meanwhile="files[0].unlink()")
    assert answer == {"same": True, "copies": 1, "left": False, "ahead": PLAIN - 1}


def test_more_than_a_pipe_holds_comes_as_well(tmp_path: Path) -> None:
    for number in range(30):
        words = random.Random(number).randbytes(50_000).hex()
        (tmp_path / f"large-{number}.yaml").write_text(f"name: {words}\nsteps: []\n")
    answer = run(
        tmp_path,
        order="[Path(f'large-{n}.yaml').absolute() for n in range(30)]",
        waits=False,
    )
    assert (answer["same"], answer["left"]) == (True, False)


def test_few_files_are_read_here(tmp_path: Path) -> None:
    answer = run(tmp_path, least=10_000)
    assert answer == {"same": True, "copies": 0, "left": False, "ahead": 0}
