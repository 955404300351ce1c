from __future__ import annotations

import re

import pytest

from kube.engineless.build import (
    KUBE_LINKS,
    SOURCES,
    binaries_folder,
    kubernetes_version,
    linker_flags,
)
from kube.errors import ClusterError


def test_version_is_what_go_mod_pins_and_its_parts_follow() -> None:
    go_mod = (SOURCES / "go.mod").read_text()
    version = kubernetes_version(go_mod)
    # Kubernetes v1.X.Y stands in its own tree as v0.X.Y: all of it must move at once.
    parts = re.findall(r"^\tk8s\.io/\S+ => \S+ (v\S+)$", go_mod, re.MULTILINE)
    assert len(parts) > 20
    assert set(parts) == {version.replace("v1.", "v0.", 1)}


def test_go_mod_without_kubernetes_is_refused() -> None:
    with pytest.raises(ClusterError, match="does not pin"):
        kubernetes_version("module x\n")


def test_linker_flags_stamp_the_version_as_releases_have_it() -> None:
    flags = linker_flags("v1.34.4")
    assert flags.startswith("-s -w ")
    for stamp in ("gitVersion=v1.34.4", "gitMajor=1", "gitMinor=34"):
        assert f"-X k8s.io/component-base/version.{stamp}" in flags.replace("  ", " ")


def test_every_link_is_a_program_of_the_binary() -> None:
    programs = re.findall(
        r'^\t"([a-z-]+)": ', (SOURCES / "cmd/kube/main.go").read_text(), re.MULTILINE
    )
    assert sorted(programs) == sorted(KUBE_LINKS)


def test_built_programs_are_cached_by_their_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    sources = tmp_path_factory.mktemp("sources")
    (sources / "main.go").write_text("package main")
    monkeypatch.setattr("kube.engineless.build.SOURCES", sources)
    before = binaries_folder()
    assert binaries_folder() == before
    (sources / "main.go").write_text("package main\n")
    assert binaries_folder() != before
