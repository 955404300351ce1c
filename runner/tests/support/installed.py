"""Somebody else's package, as installed: its modules and its metadata in a folder of the path."""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.rig import Rig

__all__ = ["EXAMPLE", "install", "install_example"]

EXAMPLE = Path(__file__).parent / "thirdparty"
"""The project of a package with a step kind, a matcher and a reporter."""


def install(rig: Rig, project: Path) -> Path:
    """Install a project for the processes of `rig`; give the folder that they import from."""
    site = rig.folder / ".site"  # where pytest looks for no tests
    site.mkdir(exist_ok=True)
    above = os.environ.get("PYTHONPATH")
    rig.environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(site), above]))
    about = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    module = about["name"].replace("-", "_")
    shutil.copytree(project / module, site / module, ignore=shutil.ignore_patterns("__pycache__"))
    info = site / f"{module}-{about['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
    )
    lines: list[str] = []
    for group, points in about["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return site


def install_example(rig: Rig) -> Path:
    """Install the example."""
    return install(rig, EXAMPLE)
