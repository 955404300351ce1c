"""`ci/tools`: libraries of Maven are just those that were looked at."""

from __future__ import annotations

import hashlib
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tools() -> ModuleType:
    loader = SourceFileLoader("tools_script", str(ROOT / "ci" / "tools"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        # Its dataclasses look themselves up; nothing else may know it.
        patch.setitem(sys.modules, loader.name, module)
        loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("files", "wrong"),
    [
        ({"a.jar": "a", "b.jar": "b"}, None),
        ({"a.jar": "a", "b.jar": "other"}, "b.jar"),
        ({"a.jar": "a"}, "b.jar"),
        ({"a.jar": "a", "b.jar": "b", "c.jar": "c"}, "c.jar"),
    ],
)
def test_libraries_are_held_to_their_checksums(
    tools: Any, tmp_path: Path, files: dict[str, str], wrong: str | None
) -> None:
    sums = tmp_path / "sha256sums"
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {text}.jar\n" for text in "ab"]
    sums.write_text("".join(lines))
    for place, (name, text) in enumerate(files.items()):
        folder = tmp_path / str(place)
        folder.mkdir()
        (folder / name).write_text(text)
    folders = [tmp_path / str(place) for place in range(len(files))]
    if wrong is None:
        tools.check_sums(sums, folders)
    else:
        with pytest.raises(tools.ToolError, match=f"not what sha256sums says: {wrong}"):
            tools.check_sums(sums, folders)


@pytest.mark.parametrize("service", ["opensearch", "elasticsearch"])
def test_every_library_of_a_service_has_a_checksum(service: str) -> None:
    lines = (ROOT / "ci" / "services" / service / "sha256sums").read_text().splitlines()
    assert len(lines) > 40
    assert all(
        len(digest) == 64 and name.endswith(".jar") for digest, name in map(str.split, lines)
    )
