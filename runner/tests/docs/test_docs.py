"""Every command and example of the documents is executed: here, or on the cluster by ci/e2e."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentrig.demo.embedded import Demo, running_demo
from tests.support.dashboards_api import DashboardsApi, dashboards_api
from tests.support.s3_server import s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
# They have tests of their own: cluster.md in charts/tests and ci/e2e, launch.md in ci/e2e.
ELSEWHERE = {"cluster.md", "extending.md", "launch.md", "reference.md"}
DOCUMENTS = [
    ROOT / "README.md",
    *(file for file in sorted((ROOT / "docs").glob("*.md")) if file.name not in ELSEWHERE),
]
# A line such as "`users.csv`:" says which file a block is.
_BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./-]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

# Where the documents have it; a real one stands in.
SEARCH = "https://search.example:9200"
BUCKET = "my-bucket"
KIBANA = "https://kibana.example:5601"
MISTAKE = "error: unknown key 'header'"
# What lint says of the scenario that is shown before.
MISTAKES_THAT_PASS = "name: Mistakes that pass\n"


@dataclass(frozen=True)
class Block:
    document: str
    language: str
    text: str
    file: str | None = None

    def __str__(self) -> str:
        return f"{self.document}:{self.text.splitlines()[0]}"


def blocks(language: str) -> list[Block]:
    return [
        Block(document.name, language, match["text"], match["file"])
        for document in DOCUMENTS
        for match in _BLOCK.finditer(document.read_text(encoding="utf-8"))
        if match["language"] == language
    ]


SCENARIOS = [
    block
    for block in blocks("yaml")
    if "\nsteps:" in block.text and not block.text.startswith(MISTAKES_THAT_PASS)
]
FILES = [block for language in ("csv", "yaml") for block in blocks(language) if block.file]
CONFIGS = [block for block in blocks("yaml") if "\nsteps:" not in block.text]
MODULES = blocks("python")
COMMANDS = [
    (block, line.removeprefix("$ "))
    for block in blocks("console")
    for line in block.text.splitlines()
    if line.startswith("$ ")
]
LOCAL = [
    (block, command)
    for block, command in COMMANDS
    if command.startswith("agentrig ") and not re.search(r"run-1\.log|^agentrig launch", command)
]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo(playground=True) as one:
        yield one


@pytest.fixture(scope="module")
def shard_logs(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> dict[str, str]:
    """The logs of a run in two shards."""
    folder = tmp_path_factory.mktemp("shards")
    (folder / "first.yaml").write_text(SCENARIOS[0].text, encoding="utf-8")
    split = "agentrig run first.yaml --run-id nightly --log-format text --log-journal"
    return {
        f"shard-{number}.log": shell(f"{split} --shard {number}/2", folder, demo).stdout
        for number in (1, 2)
    }


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Path:
    """A store with a run of the first scenario."""
    folder = tmp_path_factory.mktemp("earlier")
    (folder / "first.yaml").write_text(SCENARIOS[0].text, encoding="utf-8")
    kept = "agentrig run first.yaml --store store --run-id earlier --label branch=main"
    assert shell(kept, folder, demo).returncode == 0
    return folder / "store"


@pytest.fixture
def folder(tmp_path: Path, demo: Demo, shard_logs: dict[str, str], earlier: Path) -> Path:
    """A folder as the documents leave it: the first scenario, more of them, earlier results."""
    for name, log in shard_logs.items():
        (tmp_path / name).write_text(log, encoding="utf-8")
    (tmp_path / "first.yaml").write_text(SCENARIOS[0].text, encoding="utf-8")
    shutil.copytree(earlier, tmp_path / "store")
    (tmp_path / "scenarios").mkdir()
    for number, block in enumerate(SCENARIOS):
        if not block.file:
            (tmp_path / "scenarios" / f"{number}.yaml").write_text(block.text, encoding="utf-8")
    for block in FILES:
        file = tmp_path / "scenarios" / str(block.file)
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
    for number, block in enumerate(MODULES):
        (tmp_path / "scenarios" / f"test_{number}.py").write_text(block.text, encoding="utf-8")
    assert shell("agentrig run first.yaml", tmp_path, demo).returncode == 0
    return tmp_path


def shell(command: str, folder: Path, demo: Demo) -> subprocess.CompletedProcess[str]:
    targets = " ".join(f"{name}={url}" for name, url in demo.targets().items())
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "AGENTRIG_RUN_TARGET": targets}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def bucket(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let the documents' bucket be one of a real server."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.fill(BUCKET)
        for name, value in server.credentials().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        monkeypatch.setenv("AGENTRIG_STORE_PATH_STYLE", "true")
        yield


@pytest.fixture
def kibana() -> Iterator[DashboardsApi]:
    with dashboards_api("kibana") as one:
        yield one


@pytest.mark.parametrize("command", [command for _, command in LOCAL])
def test_command_works_as_written(
    command: str, folder: Path, demo: Demo, request: pytest.FixtureRequest
) -> None:
    if SEARCH in command:
        server = request.getfixturevalue("search_server")
        command = command.replace(SEARCH, server.url)
    if BUCKET in command:
        request.getfixturevalue("bucket")
    if kept := re.match(r"agentrig report (?P<store>\S+)/runs/(?P<run>\S+)", command):
        before = f"agentrig run first.yaml --store {kept['store']} --run-id {kept['run']}"
        assert shell(before, folder, demo).returncode == 0
    if KIBANA in command:
        command = command.replace(KIBANA, request.getfixturevalue("kibana").url)
    if command.endswith("--serve"):
        pytest.fail("a command that stays up has a test of its own: show it inline")
    done = shell(command, folder, demo)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_other_command_is_executed_by_ci() -> None:
    here = {command for _, command in LOCAL}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    on_the_cluster = (ROOT / "ci" / "e2e" / "test_docs.py").read_text(encoding="utf-8")
    bring_up = (ROOT / "ci" / "e2e" / "run").read_text(encoding="utf-8")
    assert "cluster_commands" in on_the_cluster
    for _, command in COMMANDS:
        if command in here:
            continue
        word, _, rest = command.partition(" ")
        if word == "make":
            assert f"\n{rest}:" in makefile
            assert command in ci
        elif word in {"ci/cluster", "ci/image"}:
            assert command in bring_up or command == "ci/cluster exec bash"
        else:
            assert word in {"helm", "kubectl", "agentrig"}, command


@pytest.mark.parametrize("block", CONFIGS, ids=str)
def test_configuration_is_read(block: Block, tmp_path: Path, demo: Demo) -> None:
    (tmp_path / "agentrig.yaml").write_text(block.text, encoding="utf-8")
    scenario = "name: A target of its own\nsteps:\n  - {endpoint: search, expect: {status: 200}}\n"
    (tmp_path / "search.yaml").write_text(scenario, encoding="utf-8")
    done = shell("agentrig lint search.yaml", tmp_path, demo)
    assert done.returncode == 0, done.stdout


def test_what_is_said_of_documents_that_were_not_delivered(folder: Path, demo: Demo) -> None:
    shown = next(one for one in blocks("text") if "documents were not delivered" in one.text)
    away = "--search-url http://127.0.0.1:9 --search-timeout 100ms"
    done = shell(f"agentrig run first.yaml {away}", folder, demo)
    assert (done.returncode, done.stderr) == (0, shown.text)


def test_the_mistake_that_is_shown_is_the_mistake_that_is_found(tmp_path: Path, demo: Demo) -> None:
    wrong = SCENARIOS[0].text.replace("    headers:", "    header:")
    (tmp_path / "first.yaml").write_text(wrong, encoding="utf-8")
    shown = next(block for block in blocks("text") if block.text.startswith(MISTAKE))
    done = shell("agentrig lint first.yaml", tmp_path, demo)
    assert done.returncode == 4
    assert shown.text.strip() in done.stdout


def test_what_lint_is_said_to_find_is_what_it_finds(tmp_path: Path, demo: Demo) -> None:
    wrong = next(one for one in blocks("yaml") if one.text.startswith(MISTAKES_THAT_PASS))
    (tmp_path / "mistakes.yaml").write_text(wrong.text, encoding="utf-8")
    done = shell("agentrig lint mistakes.yaml", tmp_path, demo)
    assert done.returncode == 4
    assert Block(wrong.document, "text", done.stdout) in blocks("text")


def test_the_scenarios_of_the_documents_pass_and_are_clean(folder: Path, demo: Demo) -> None:
    done = shell("agentrig run scenarios", folder, demo)
    assert done.returncode == 0, done.stdout + done.stderr
    done = shell("agentrig lint scenarios", folder, demo)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout


@pytest.mark.parametrize(
    "document", [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")], ids=lambda file: file.name
)
def test_links_lead_somewhere(document: Path) -> None:
    text = _BLOCK.sub("", document.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)#]*)(#[^)]*)?\)", text):
        path, anchor = link
        target = document.parent / path if path else document
        if "://" in path:
            continue
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            there = _BLOCK.sub("", target.read_text(encoding="utf-8"))
            titles = re.findall(r"^#+ (.*)$", there, re.MULTILINE)
            assert anchor[1:] in map(_anchor, titles), anchor


def _anchor(title: str) -> str:
    """Name a heading as GitHub does."""
    return "".join(one for one in title.lower().replace(" ", "-") if one.isalnum() or one in "-_")
