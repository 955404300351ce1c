"""`agentrig fetch packages`: the libraries that a project's own tests need, by pip.

They are looked for after everything in the image, so that they never stand in front of what
agentrig itself was tested with; whether they get along with that is checked here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from agentrig._redact import redact_url
from agentrig.errors import FetchError, UsageError
from agentrig.fetch._folder import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Index", "install_packages"]

_LAST_LINES = 8
# pip's words where the index could not be asked: trying again may help.
_NETWORK = (
    "ConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Temporary failure",
    "NewConnection",
    "ProxyError",
    "SSLError",
    "Connection refused",
    "Max retries",
    "Failed to establish",
)


class Index(Struct, frozen=True, kw_only=True):
    """Where packages come from; `url` may hold a credential, so it goes by the environment.

    `builds` allows packages that are built here, which runs their code; else wheels alone.
    """

    url: str | None = None
    builds: bool = False


def install_packages(
    to: Path,
    *,
    files: Sequence[Path] = (),
    requirements: Sequence[str] = (),
    index: Index | None = None,
    within_s: float = 600.0,
) -> list[str]:
    """Install into the folder `to` what files (requirements.txt, pylock.toml) and texts ask for.

    A text must be pinned by `==`; the hashes in a file are checked. Gives a line for each package
    of which the image has another version, which is the one in use. Raises UsageError when they
    cannot be met, or do not fit what the image holds; FetchError when the index is out of reach.
    """
    index = index or Index()
    _check(files, requirements)
    Folder(to)
    with tempfile.TemporaryDirectory(prefix="agentrig-pip-") as work:
        arguments = [argument for file in files for argument in ("-r", str(file))]
        if requirements:
            listed = Path(work) / "requirements.txt"
            listed.write_text("".join(f"{one}\n" for one in requirements), encoding="utf-8")
            arguments += ["-r", str(listed)]
        if not index.builds:
            arguments += ["--only-binary", ":all:"]
        _pip([*arguments, "--target", str(to)], index=index, work=work, within_s=within_s)
    _check_consistency(to)
    return list(_shadowed(to))


def _check(files: Sequence[Path], requirements: Sequence[str]) -> None:
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

    for file in files:
        if file.name == "uv.lock":
            raise UsageError(
                f"'{file}' is read by uv alone: write what it says with "
                "`uv export --format pylock.toml -o pylock.toml`, and name that file"
            )
        if not file.is_file():
            raise UsageError(f"no file '{file}': name it by its path within the source")
    for text in requirements:
        try:
            one = Requirement(text)
        except InvalidRequirement as error:
            raise UsageError(f"'{text}' is no requirement: write NAME==VERSION") from error
        pinned = any(
            spec.operator in {"==", "==="} and "*" not in spec.version for spec in one.specifier
        )
        if not pinned and not one.url:
            raise UsageError(
                f"'{text}' may be another version tomorrow: pin it, as in {one.name}==1.2.3"
            )


def _pip(arguments: Sequence[str], *, index: Index, work: str, within_s: float) -> None:
    environment = {**os.environ, "HOME": work, "PYTHONDONTWRITEBYTECODE": "1"}
    if index.url:
        environment["PIP_INDEX_URL"] = index.url
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-cache-dir"]
    command += ["--no-compile", "--disable-pip-version-check", "--root-user-action=ignore"]
    command += arguments
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"packages were not installed within {within_s:g} s") from None
    if done.returncode == 0:
        return
    if "No module named pip" in done.stderr:
        raise UsageError("pip is not installed: install agentrig[packages]")
    lines = [redact_url(line.strip()) for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-_LAST_LINES:]
    text = " ".join(errors).replace("ERROR: ", "")
    if any(word in done.stderr for word in _NETWORK):
        raise FetchError(f"the package index cannot be reached: {text}")
    raise UsageError(f"packages cannot be installed: {text}")


def _shadowed(to: Path) -> Iterator[str]:
    """Say which packages are in the image too, in another version."""
    ours = _versions()
    for found in metadata.distributions(path=[str(to)]):
        name, version = found.name, found.version
        if ours.get(_canonical(name), version) != version:
            yield f"{name} {ours[_canonical(name)]} of the image is used, not {version}"


def _check_consistency(to: Path) -> None:
    """Raise UsageError when an installed package needs what will not be there."""
    from packaging.requirements import Requirement  # noqa: PLC0415

    installed = list(metadata.distributions(path=[str(to)]))
    # The image's own come first on the path.
    versions = {_canonical(one.name): one.version for one in installed} | _versions()
    ours = _versions()
    for one in installed:
        if _canonical(one.name) in ours:
            continue
        for requirement in map(Requirement, one.requires or ()):
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            name = _canonical(requirement.name)
            version = versions.get(name)
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                have = f"{version} of the image" if name in ours else version or "missing"
                raise UsageError(
                    f"{one.name} {one.version} needs {requirement}, and it is {have}: lock another "
                    f"version of {one.name}, or build an image FROM agentrig with what you need"
                )


def _versions() -> dict[str, str]:
    return {_canonical(one.name): one.version for one in metadata.distributions()}


def _canonical(name: str) -> str:
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    return canonicalize_name(name)
