"""Files of this machine as inline scenarios: what fits, and what does not and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agentrig.errors import UsageError
from agentrig.launch import read_local_scenarios, write_inline_values

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024


def test_files_and_folders_are_read_by_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "b.yaml").write_text("name: bé\n", encoding="utf-8")
    (folder / "rows.csv").write_text("x\r\n1\r\n", encoding="utf-8", newline="")
    (folder / ".hidden.yaml").write_text("name: no\n")
    (folder / "__pycache__").mkdir()
    single = tmp_path / "a.yaml"
    single.write_text("name: a\n")
    found = read_local_scenarios([single, folder])
    assert [(one.name, one.text) for one in found] == [
        ("a.yaml", "name: a\n"),
        ("b.yaml", "name: bé\n"),
        ("rows.csv", "x\r\n1\r\n"),
    ]
    assert found[1].place == str(folder / "b.yaml")


def test_the_values_hold_every_byte(tmp_path: Path) -> None:
    texts = {"a.yaml": "name: '${x}'\n\ttab \u2028 é\r\n"}
    values = write_inline_values(texts, tmp_path / "values.yaml")
    assert json.loads(values.read_bytes()) == {"scenarios": {"inline": texts}}


def refusal(*paths: Path) -> str:
    with pytest.raises(UsageError) as raised:
        read_local_scenarios(paths)
    return str(raised.value)


def test_what_is_too_large_is_refused_with_the_other_places(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("# " + "x" * (MIB * 12 // 10))
    said = refusal(tmp_path)
    assert "the files of --scenarios hold 12582" in said
    assert "a ConfigMap and a Helm release end at 1 MiB" in said
    assert "an image built FROM agentrig, a ConfigMap, a volume, a bucket or git" in said


def test_a_subfolder_is_refused_as_a_config_map_has_none(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    assert f"'{tmp_path / 'more'}' is a folder, and inline scenarios lie in one" in refusal(
        tmp_path
    )


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text("name: a\n")
    said = refusal(tmp_path / "one", tmp_path / "two")
    assert "one/a.yaml' and '" in said
    assert "have one name" in said


@pytest.mark.parametrize("name", ["a b.yaml", "noext", "é.yaml", "a" * 250 + ".yaml"])
def test_a_name_that_no_config_map_has_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("name: a\n")
    assert "is no name for an inline scenario" in refusal(file)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\xff")
    assert "is no text in UTF-8" in refusal(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"no file is in '{tmp_path}'"
