"""Files that tests leave behind, in the real runs that keep them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentrig.errors import ReportError
from agentrig.events import ArtifactSaved
from agentrig.pytest_plugin._artifacts import ArtifactFolder
from agentrig.pytest_plugin.fixtures import SaveArtifact
from agentrig.stream import EventStream

if TYPE_CHECKING:
    from tests.support.rig import Rig


def test_artifacts_are_kept_and_named_in_every_report(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        import os, pathlib

        def test_page(save_artifact, tmp_path):
            os.chdir(tmp_path)
            pathlib.Path("shot.png").write_bytes(b"\\x89PNG")
            first = save_artifact("page.html", "<p>yes</p>")
            assert first.read_text() == "<p>yes</p>" and first.is_absolute()
            save_artifact("shot.png", pathlib.Path("shot.png"))
            save_artifact("raw", b"\\x00", media_type="application/x-own")
            assert False
        """,
    )
    ran = rig.run("test_m.py")
    assert ran.code == 1, ran.said
    saved = ran.events(ArtifactSaved)
    assert [(one.name, one.media_type, one.size) for one in saved] == [
        ("page.html", "text/html; charset=utf-8", 10),
        ("shot.png", "image/png", 4),
        ("raw", "application/x-own", 1),
    ]
    assert {one.scenario for one in saved} == {"test_m.py::test_page"}
    folder = Path(saved[0].path).parent
    assert folder.parent == Path("artifacts")
    assert folder.name.startswith("test_m.py-test_page-")
    assert (ran.results / folder / "shot.png").read_bytes() == b"\x89PNG"
    (scenario,) = ran.summary()["scenarios"]
    assert [one["path"] for one in scenario["artifacts"]] == [one.path for one in saved]
    junit = (ran.results / "junit.xml").read_text()
    page = (ran.results / "summary.md").read_text()
    for one in saved:
        assert f"[[ATTACHMENT|{ran.results / one.path}]]" in junit
        assert f"- `{one.path}`" in page


def test_a_run_removes_those_of_the_run_before_and_nothing_else(rig: Rig) -> None:
    rig.write("test_m.py", "def test_a(save_artifact):\n    save_artifact('a', 'x')\n")
    rig.write("test_n.py", "def test_n(): pass\n")
    first = rig.run("test_m.py")
    (kept,) = first.events(ArtifactSaved)
    assert rig.run("test_m.py").events(ArtifactSaved) == [kept]
    assert not (rig.run("test_n.py").results / "artifacts").exists()
    own = rig.write("results/artifacts/own.txt", "mine")
    rig.run("test_m.py")
    ran = rig.run("test_n.py")
    assert own.exists()
    assert (ran.results / kept.path).exists()


def test_a_run_that_goes_on_keeps_what_its_earlier_attempt_left(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        import os, pathlib

        def test_a(save_artifact):
            save_artifact("a", "x")

        def test_b():
            if not pathlib.Path("again").exists():
                pathlib.Path("again").touch()
                os._exit(9)
        """,
    )
    assert rig.run("test_m.py", "--run-id", "r").code == 9
    ran = rig.run("test_m.py", "--run-id", "r")
    assert ran.code == 0, ran.said
    (saved,) = ran.events(ArtifactSaved)
    assert (ran.results / saved.path).read_text() == "x"


def test_a_test_that_is_retried_keeps_what_each_execution_left(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        """
        import pathlib

        def test_once_more(save_artifact):
            kept = save_artifact("log.txt", "text")
            assert kept.name != "log.txt"
        """,
    )
    ran = rig.run("test_m.py", "--retry-failed", "1")
    assert ran.code == 0, ran.said
    assert [Path(one.path).name for one in ran.events(ArtifactSaved)] == ["log.txt", "log-2.txt"]


def test_secrets_are_hidden_in_text(rig: Rig) -> None:
    (rig.folder / "secrets").mkdir()
    (rig.folder / "secrets/KEY").write_text("hunter2-hunter2")
    rig.write(
        "test_m.py",
        f"""
        def test_a(steps, save_artifact):
            steps.http(endpoint="{rig.url}", path="/ok", headers={{"x-key": "${{secret.KEY}}"}})
            assert save_artifact("a.txt", "it is hunter2-hunter2").read_text() == "it is [redacted]"
        """,
    )
    ran = rig.run("test_m.py", "--secrets", "secrets")
    assert ran.code == 0, ran.said


def test_plain_pytest_puts_them_into_its_own_folder(rig: Rig) -> None:
    rig.write(
        "test_m.py",
        "def test_a(save_artifact):\n    assert save_artifact('a', 'x').read_text() == 'x'\n",
    )
    ran = rig.python("-m", "pytest", "-q", "-p", "agentrig.pytest_plugin", "test_m.py")
    assert ran.code == 0, ran.said
    assert not (rig.folder / "artifacts").exists()


class Kept:
    def __init__(self) -> None:
        self.events: list[Any] = []

    def receive(self, record: Any) -> None:
        self.events.append(record.event)

    def close(self) -> None:
        pass


def saving(folder: ArtifactFolder, test: str = "a.py::test") -> tuple[SaveArtifact, Kept]:
    kept = Kept()
    stream = EventStream(run="r", reporters=[kept])
    return SaveArtifact(stream, test, folder, told=True), kept


HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    ".hidden",
    "a/b/c.txt",
    "a\\b",
    "\x00",
    "new\nline.txt",
    "x" * 5000,
    "x" * 5000 + ".tar.gz",
    "a." + "x" * 5000,
    "\ud800.txt",
    "naïve 😀.txt",
    "[[ATTACHMENT|/etc/passwd]]",
    "CON.txt ",
]


def test_no_name_leads_out_of_the_folder_and_all_are_kept(tmp_path: Path) -> None:
    save, kept = saving(ArtifactFolder(tmp_path))
    for name in [*HOSTILE, *HOSTILE]:
        file = save(name, name.encode("utf-8", "replace"))
        assert file.resolve().is_relative_to(tmp_path / "artifacts")
        assert file.name.isascii()
        assert len(file.name) < 120
        assert file.read_bytes() == name.encode("utf-8", "replace")
    files = {event.path for event in kept.events}
    assert len(files) == 2 * len(HOSTILE)
    assert [event.name for event in kept.events[: len(HOSTILE)]] == HOSTILE


@pytest.mark.parametrize(
    "test", ["../../x::test", "a" * 3000, "s/t.py::test[../..]", "\ud800", "."]
)
def test_no_test_leads_out_of_the_folder(tmp_path: Path, test: str) -> None:
    save, _ = saving(ArtifactFolder(tmp_path), test)
    other, _ = saving(ArtifactFolder(tmp_path), test + "/")
    first, second = save("a", "x"), other("a", "x")
    assert first.parent.parent == second.parent.parent == tmp_path / "artifacts"
    assert first.parent != second.parent


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    save, kept = saving(ArtifactFolder(tmp_path))

    def work(number: int) -> None:
        for _ in range(20):
            save("same.txt", str(number) * 1000)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = [(tmp_path / event.path).read_text() for event in kept.events]
    assert len({event.path for event in kept.events}) == 160
    assert sorted(texts) == sorted(str(number) * 1000 for number in range(8) for _ in range(20))


@pytest.mark.parametrize("as_file", [False, True])
def test_sizes_are_bounded(tmp_path: Path, *, as_file: bool) -> None:
    folder = ArtifactFolder(tmp_path / "results", most_bytes=1000, most_of_all=2500)
    save, kept = saving(folder)

    def content(size: int) -> bytes | Path:
        (tmp_path / "file").write_bytes(b"x" * size)
        return tmp_path / "file" if as_file else b"x" * size

    with pytest.raises(ValueError, match="'big' holds more than 1,000 bytes"):
        save("big", content(1001))
    for _ in range(2):
        save("fits", content(1000))
    with pytest.raises(ValueError, match=r"with 'third' .* more than 2,500 bytes"):
        save("third", content(1000))
    save("rest", content(500))
    assert [event.size for event in kept.events] == [1000, 1000, 500]
    found = [one.name for one in (tmp_path / "results").rglob("*") if one.is_file()]
    assert sorted(found) == [".agentrig-artifacts", "fits", "fits-2", "rest"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((1, "x"), TypeError),
        (("a", 1), TypeError),
        (("a", None), TypeError),
        (("", "x"), ValueError),
        ((" ", "x"), ValueError),
        (("a", "x", "no type"), ValueError),
        (("a", "x", "text/plain\nx: y"), ValueError),
        (("a", Path("gone")), ValueError),
        (("a", Path()), ValueError),
    ],
)
def test_what_cannot_be_kept_is_refused(
    tmp_path: Path, args: tuple[Any, ...], error: type[Exception]
) -> None:
    save, kept = saving(ArtifactFolder(tmp_path))
    with pytest.raises(error, match="save_artifact"):
        save(*args)
    assert kept.events == []
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_is_trouble_of_the_infrastructure(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file")
    save, _ = saving(ArtifactFolder(tmp_path))
    with pytest.raises(ReportError, match="cannot write 'a'"):
        save("a", "x")
