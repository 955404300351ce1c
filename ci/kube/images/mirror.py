"""The Debian archives that this machine uses, read from apt's own configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

APT = Path("/etc/apt")


@dataclass(frozen=True, slots=True)
class Source:
    """One archive and the suites that are taken from it, for example ("bookworm",)."""

    uri: str
    suites: tuple[str, ...]

    @property
    def is_security(self) -> bool:
        """Whether it holds security updates instead of a whole release."""
        return any(suite.endswith(("-security", "/updates")) for suite in self.suites)


def apt_lines(suite: str, apt: Path = APT) -> list[str]:
    """Return the lines of a sources.list for `suite` from the archives in the folder `apt`.

    Raises ClusterError if the machine uses no Debian archive.
    """
    sources = [source for source in _sources(apt) if not source.uri.startswith("cdrom:")]
    release = next((source.uri for source in sources if not source.is_security), None)
    if release is None:
        raise ClusterError(
            f"no archive of packages in {apt}",
            hint="give ready base images with --base and --build-base",
        )
    lines = [f"deb {release} {suite} main", f"deb {release} {suite}-updates main"]
    security = next((source.uri for source in sources if source.is_security), None)
    if security:
        lines.append(f"deb {security} {suite}-security main")
    return lines


def _sources(apt: Path) -> Iterator[Source]:
    """Yield the binary archives, in the order in which apt reads its files."""
    folder = apt / "sources.list.d"
    for path in [apt / "sources.list", *sorted(folder.glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            yield from _one_line_style(path.read_text())
        elif path.suffix == ".sources":
            yield from _deb822_style(path.read_text())


def _one_line_style(text: str) -> Iterator[Source]:
    """Read sources.list(5), one-line style: `deb [option=value ...] uri suite component ...`."""
    for line in text.splitlines():
        words = line.partition("#")[0].replace("[", " [ ").replace("]", " ] ").split()
        if words[:1] != ["deb"]:
            continue
        if "[" in words:
            words = [words[0], *words[words.index("]") + 1 :]]
        if len(words) > 2:  # noqa: PLR2004 (deb, uri, suite)
            yield Source(_resolved(words[1]), (words[2],))


def _deb822_style(text: str) -> Iterator[Source]:
    """Read sources.list(5), deb822 style: stanzas of fields, a field's value may go on."""
    for stanza in _stanzas(text):
        enabled = stanza.get("enabled", "yes").lower() not in {"no", "false", "0"}
        if enabled and "deb" in stanza.get("types", "").split():
            suites = tuple(stanza.get("suites", "").split())
            for uri in stanza.get("uris", "").split():
                yield Source(_resolved(uri), suites)


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    last = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif line[0].isspace():
            fields[last] = f"{fields.get(last, '')} {line.strip()}"
        else:
            name, _, value = line.partition(":")
            last = name.strip().lower()
            fields[last] = value.strip()


def _resolved(uri: str) -> str:
    """Return the first archive of a list, where `uri` names one ("mirror+file:/path")."""
    if not uri.startswith("mirror+file:"):
        return uri
    path = Path("/" + uri.removeprefix("mirror+file:").lstrip("/"))
    return path.read_text().split()[0]
