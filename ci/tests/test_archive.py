from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from kube.archive import Contents, contents_of, write_archive
from kube.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "localhost/pause:1"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    layer, path = tmp_path / "layer.tar", tmp_path / "image.tar"
    with tarfile.open(layer, "w") as content:
        content.add(__file__, "pause")
    write_archive(path, name=NAME, layer=layer, config={"Entrypoint": ["/pause"]})
    return path


def test_name_written_is_name_read(archive: Path) -> None:
    assert contents_of(archive) == Contents("docker", (NAME,))


def test_manifest_names_the_parts_and_config_the_layers_digest(archive: Path) -> None:
    with tarfile.open(archive) as content:

        def load(name: str) -> list[dict[str, list[str]]] | dict[str, dict[str, list[str]]]:
            member = content.extractfile(name)
            assert member is not None
            value: list[dict[str, list[str]]] | dict[str, dict[str, list[str]]] = json.load(member)
            return value

        [image] = load("manifest.json")
        assert isinstance(image, dict)
        config = load(str(image["Config"]))
        assert isinstance(config, dict)
        assert image["Layers"] == ["layer.tar"]
        assert config["config"] == {"Entrypoint": ["/pause"]}
        assert len(config["rootfs"]["diff_ids"]) == len(config["history"]) == 1


def test_name_in_an_oci_archive_is_its_manifests_annotation(tmp_path: Path) -> None:
    index = {"manifests": [{"annotations": {"org.opencontainers.image.ref.name": NAME}}, {}]}
    (tmp_path / "index.json").write_text(json.dumps(index))
    with tarfile.open(tmp_path / "image.tar", "w") as content:
        content.add(tmp_path / "index.json", "index.json")
    assert contents_of(tmp_path / "image.tar") == Contents("oci", (NAME,))


def test_other_files_are_refused_in_one_line(tmp_path: Path) -> None:
    text, empty = tmp_path / "text.tar", tmp_path / "empty.tar"
    text.write_text("no tar at all")
    tarfile.open(empty, "w").close()
    for path in (text, empty):
        with pytest.raises(ClusterError, match=r"is no image archive: .+$") as refusal:
            contents_of(path)
        assert "\n" not in str(refusal.value)
