from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kube.errors import ClusterError
from kube.images.mirror import apt_lines

if TYPE_CHECKING:
    from pathlib import Path

STANZAS = """\
# Types: deb
Types: deb-src
URIs: http://sources.test/debian
Suites: bookworm

Types: deb
Enabled: no
URIs: http://disabled.test/debian
Suites: bookworm

Types: deb
URIs:
# a comment inside a value
 http://mirror.test/debian
Suites: bookworm
 bookworm-updates
Components: main

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
"""

LINES = """\
# deb http://comment.test/debian bookworm main
deb-src http://sources.test/debian bookworm main
deb [signed-by=/a/key.gpg arch=amd64] http://mirror.test/debian bookworm main contrib # why
deb [ trusted=yes ] http://mirror.test/debian-security bookworm-security main
"""

EXPECTED = [
    "deb http://mirror.test/debian trixie main",
    "deb http://mirror.test/debian trixie-updates main",
    "deb http://mirror.test/debian-security trixie-security main",
]


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_stanzas_are_read(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(STANZAS)
    assert apt_lines("trixie", apt) == EXPECTED


def test_lines_are_read(apt: Path) -> None:
    (apt / "sources.list").write_text(LINES)
    assert apt_lines("trixie", apt) == EXPECTED


def test_files_with_other_endings_are_not_read(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.list.disabled").write_text(LINES)
    with pytest.raises(ClusterError, match="no archive of packages"):
        apt_lines("trixie", apt)


def test_first_of_a_list_of_mirrors_is_taken(apt: Path) -> None:
    (apt / "mirrors").write_text("http://first.test/debian\nhttp://second.test/debian\n")
    (apt / "sources.list").write_text(f"deb mirror+file:{apt}/mirrors bookworm main\n")
    assert apt_lines("trixie", apt)[0] == "deb http://first.test/debian trixie main"
