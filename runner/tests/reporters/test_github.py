"""Annotations and the page of a step, as the runner of GitHub Actions reads them."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

from agentrig.events import Outcome, RunFinished
from agentrig.reporters import GithubReporter, Repository, Tally, github_reporters, render_markdown
from tests.support.records import every_outcome, failing_run, finished, planned, publish, started
from tests.support.rich_run import everything

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from agentrig.events import Event

LIMIT = 1024 * 1024


def printed(
    folder: Path, events: Iterable[Event], *, places: Mapping[str, str] | None = None
) -> list[str]:
    output = io.StringIO()
    repository = Repository(folder, places=places)
    reporter = GithubReporter(output, page=folder / "page.md", repository=repository)
    stream = publish(events, [reporter])
    assert (stream.problems, stream.warnings) == ([], [])
    return output.getvalue().splitlines()


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as actions/runner does (ActionCommand.cs)."""
    found = re.fullmatch(r"::(?P<name>\w+)(?: (?P<pairs>.*?))?::(?P<data>.*)", line)
    assert found, line

    def plain(text: str, *, is_property: bool) -> str:
        codes = {"%0D": "\r", "%0A": "\n"} | ({"%3A": ":", "%2C": ","} if is_property else {})
        for code, character in codes.items():
            text = text.replace(code, character)
        return text.replace("%25", "%")

    pairs = (pair.partition("=") for pair in (found["pairs"] or "").split(",") if pair)
    properties = {name: plain(value, is_property=True) for name, _, value in pairs}
    return found["name"], properties, plain(found["data"], is_property=False)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the files of `every_outcome`, in which the run takes place."""
    for name in ("fail.yaml", "infra.yaml", "test_a.py"):
        (tmp_path / "s").mkdir(exist_ok=True)
        (tmp_path / "s" / name).write_text("x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_failures_are_annotated_at_the_line_that_failed(repository: Path) -> None:
    found = [parsed(line) for line in printed(repository, every_outcome())]
    assert [(name, properties) for name, properties, _ in found] == [
        (
            "error",
            {
                "file": "s/fail.yaml",
                "line": "4",
                "col": "22",
                "endColumn": "25",
                "title": "It fails <&> \x00\x1b[31m",
            },
        ),
        ("error", {"file": "s/test_a.py", "line": "7", "title": "test_one"}),
        ("error", {"file": "s/infra.yaml", "line": "1", "title": "No way there"}),
    ]
    assert found[0][2].startswith("[Chat] expected status 200, got 500\n --> s/fail.yaml:4:22\n")


def test_paths_are_those_of_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run in a folder of the repository names its files from there."""
    monkeypatch.chdir(repository / "s")
    events = [started([planned("infra.yaml")]), finished("infra.yaml", Outcome.FAILED, "no")]
    (line,) = printed(repository, [*events, RunFinished(exit_code=1, elapsed_ms=1.0)])
    assert parsed(line)[1]["file"] == "s/infra.yaml"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/scenarios/inline/chat.yaml", "s/infra.yaml"),
        ("/scenarios/inline/other.yaml", None),
        ("/scenarios/git/s/fail.yaml", "s/fail.yaml"),
        ("/scenarios/git/gone.yaml", None),
        ("/s/fail.yaml", "s/fail.yaml"),
        ("/scenarios/git/../../etc/passwd", None),
        ("../outside.yaml", None),
        ("/etc/passwd", None),
        ("s", None),
        ("\x00", None),
        ("s/" + "x" * 5000, None),
    ],
)
def test_files_of_a_pod_are_those_of_the_repository_where_that_is_known(
    repository: Path, path: str, file: str | None
) -> None:
    (repository.parent / "outside.yaml").write_text("x")
    events = [started([planned(path)]), finished(path, Outcome.FAILED, "it broke")]
    end = RunFinished(exit_code=1, elapsed_ms=1.0)
    (line,) = printed(repository, [*events, end], places={"chat.yaml": "s/infra.yaml"})
    _, properties, message = parsed(line)
    assert properties.get("file") == file
    # Without a file, the message says where it is.
    assert message == ("it broke" if file else f"{path}:1: it broke")


def test_limits_troubles_and_flaky_scenarios_are_annotated(tmp_path: Path) -> None:
    found = [parsed(line) for line in printed(tmp_path, everything())]
    assert [(name, properties["title"]) for name, properties, _ in found] == [
        ("error", "again.yaml"),
        ("error", "broken.yaml"),
        ("error", "agentrig: limit missed"),
        ("error", "Evicted: pod qa/p0"),
        ("warning", "flaky.yaml"),
    ]
    assert found[3][2] == "full\nadd a node"


def test_no_more_is_printed_than_github_shows(tmp_path: Path) -> None:
    found = [parsed(line) for line in printed(tmp_path, failing_run(25, "no"))]
    assert [name for name, _, _ in found] == ["error"] * 10 + ["notice"]
    assert found[-1][2].startswith("15 more errors")


@pytest.mark.parametrize("text", ["::error::x", "a\n::set-output name=x::y", "100%\r\n", "%0A,:"])
def test_a_message_is_one_command_whatever_it_says(tmp_path: Path, text: str) -> None:
    path = f"{text}.yaml"
    events = [started([planned(path, name=text)]), finished(path, Outcome.FAILED, text)]
    (line,) = printed(tmp_path, [*events, RunFinished(exit_code=1, elapsed_ms=1.0)])
    _, properties, message = parsed(line)
    assert properties["title"] == text
    assert message.endswith(text.rstrip())


def test_the_page_is_added_to_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("before\n")
    printed(tmp_path, every_outcome())
    tally = Tally()
    publish(every_outcome(), [tally])
    assert (tmp_path / "page.md").read_text() == f"before\n{render_markdown(tally)}\n"


@pytest.mark.parametrize(("left", "has"), [(500, "## ❌ agentrig: failed"), (20, None)])
def test_a_page_that_is_nearly_full_gets_what_it_has_room_for(
    tmp_path: Path, left: int, has: str | None
) -> None:
    """A page that is larger than GitHub's limit would not be shown at all."""
    page = tmp_path / "page.md"
    page.write_text("x" * (LIMIT - left))
    printed(tmp_path, every_outcome())
    assert page.stat().st_size <= LIMIT
    added = page.read_text()[LIMIT - left :]
    assert added.startswith(has) if has else added == ""
    assert "It fails" not in added


def test_a_page_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    page = tmp_path / "gone" / "page.md"
    reporter = GithubReporter(io.StringIO(), page=page, repository=Repository(tmp_path))
    stream = publish(every_outcome(), [reporter])
    assert stream.problems == []
    (warning,) = stream.warnings
    assert warning == (
        "the summary is not on GitHub's page: cannot write 'GITHUB_STEP_SUMMARY': "
        "No such file or directory"
    )


def test_only_github_gets_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert github_reporters(io.StringIO()) == []
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    output = io.StringIO()
    publish(every_outcome(), github_reporters(output))
    assert output.getvalue().count("::error ") == 3
    assert (tmp_path / "page.md").exists()
