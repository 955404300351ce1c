"""The schema of JUnit reports that Maven Surefire publishes, from Maven's registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xmlschema

__all__ = ["surefire_schema"]

VERSION = "3.5.2"
_SCHEMA = (
    f"surefire-{VERSION}/maven-surefire-plugin/src/site/resources/xsd/surefire-test-report.xsd"
)


def surefire_schema() -> Any:
    """Read the schema; skips the test where Maven cannot bring it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "agentrig" / "surefire"
    archive = folder / f"surefire-{VERSION}-source-release.zip"
    if not archive.exists():
        _fetch(folder)
    with zipfile.ZipFile(archive) as content:
        return xmlschema.XMLSchema(content.read(_SCHEMA).decode())


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("needs Maven, which brings Surefire's schema: put mvn on PATH")
    artifact = f"org.apache.maven.surefire:surefire:{VERSION}:zip:source-release"
    done = subprocess.run(
        # Of the version that the bare name means, as there is no project here.
        [
            maven,
            "--batch-mode",
            "--quiet",
            "dependency:copy",
            f"-Dartifact={artifact}",
            f"-DoutputDirectory={folder}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    if done.returncode:
        pytest.skip(f"Maven cannot fetch {artifact}: {done.stdout.strip()[-300:]}")
