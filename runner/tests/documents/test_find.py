"""Which files hold scenarios: those that a run collects, in its order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentrig.documents import find_scenario_files, is_scenario_file

if TYPE_CHECKING:
    from tests.support.rig import Rig

SCENARIO = "name: {}\nsteps: []\n"
SCENARIOS = (
    "b.yaml",
    "a/z.yml",
    "a/b/c.yaml",
    "a-b.yaml",
    "a.yaml",
    "c d/ü.yaml",
    "builder/x.yaml",
    "data.yaml",
)
OTHERS = (
    "agentrig.yaml",
    "rows.data.yaml",
    "a/rows.data.yml",
    "pod.manifest.yaml",
    ".hidden/x.yaml",
    "node_modules/x/y.yaml",
    "venv/x.yaml",
    "build/x.yaml",
    "thing.egg/x.yaml",
    "notes.txt",
    "yaml",
)


def write(folder: Path) -> None:
    for name in (*SCENARIOS, *OTHERS):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = SCENARIO.format(name) if name in SCENARIOS else "targets: {}\n"
        file.write_text(text, encoding="utf-8")


def test_it_finds_what_a_run_collects_in_its_order(rig: Rig) -> None:
    write(rig.folder)
    found = [file.relative_to(rig.folder).as_posix() for file in find_scenario_files([rig.folder])]
    assert sorted(found) == sorted(SCENARIOS)
    planned = rig.run("--dry-run", ".").out.splitlines()
    assert [line for line in planned if line in found] == found


def test_a_path_itself_is_taken_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path)
    os.mkfifo(tmp_path / "fifo.yaml")  # whoever reads it takes from whom it is meant for
    paths = [tmp_path / name for name in ("notes.txt", "missing.yaml", "fifo.yaml", "a")]
    names = [file.relative_to(tmp_path).as_posix() for file in find_scenario_files(paths)]
    assert names == ["notes.txt", "a/b/c.yaml", "a/z.yml"]


def test_a_config_map_is_found_once(tmp_path: Path) -> None:
    # The kubelet's layout: links to files in a folder that a hidden link leads to.
    real = tmp_path / "..2026_11_21"
    real.mkdir()
    (real / "a.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "..data").symlink_to(real.name)
    (tmp_path / "a.yaml").symlink_to(Path("..data/a.yaml"))
    assert list(find_scenario_files([tmp_path])) == [tmp_path / "a.yaml"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "a" / "again").symlink_to("..", target_is_directory=True)
    assert list(find_scenario_files([tmp_path])) == [tmp_path / "a" / "x.yaml"]


def test_a_folder_that_may_not_be_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    scandir = os.scandir

    def refuse(folder: str | os.PathLike[str]) -> os._ScandirIterator[str]:
        if Path(folder).name == "a":
            raise PermissionError(folder)
        return scandir(os.fspath(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    found = {file.relative_to(tmp_path).as_posix() for file in find_scenario_files([tmp_path])}
    assert found == {name for name in SCENARIOS if not name.startswith("a/")}


@pytest.mark.parametrize("name", [name for name in OTHERS if "/" not in name])
def test_other_names_are_no_scenarios(name: str) -> None:
    assert not is_scenario_file(name)
