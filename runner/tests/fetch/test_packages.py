"""`agentrig fetch packages`, from an index that this test serves."""

from __future__ import annotations

import functools
import hashlib
import http.server
import socket
import threading
import zipfile
from contextlib import closing
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.rig import Ran, Rig


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None:
        pass


class Packages:
    """A simple index (PEP 503) of wheels that hold one module each."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.hashes: dict[str, str] = {}

    def wheel(self, name: str, version: str, *requires: str, text: str = "") -> str:
        """Put a wheel into the index; give its SHA-256."""
        file = self.folder / name / f"{name}-{version}-py3-none-any.whl"
        file.parent.mkdir(parents=True, exist_ok=True)
        info = f"{name}-{version}.dist-info"
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {one}" for one in requires]
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(f"{name}.py", text or f"version = {version!r}\n")
            archive.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
            wheel = (
                "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/WHEEL", wheel)
            archive.writestr(f"{info}/RECORD", "")
        self._page(name)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def _page(self, name: str) -> None:
        links = [f'<a href="{one.name}">{one.name}</a>' for one in (self.folder / name).iterdir()]
        (self.folder / name / "index.html").write_text("<br>".join(links))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    folder = tmp_path / "index"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    monkeypatch.setenv("AGENTRIG_FETCH_PACKAGES_INDEX", url)
    yield Packages(folder, url)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetch(rig: Rig) -> Callable[..., Ran]:
    def call(*args: str) -> Ran:
        return rig.here("fetch", "packages", "--to", str(rig.folder / "deps"), *args)

    return call


def test_modules_of_a_run_import_what_was_installed(
    rig: Rig, fetch: Callable[..., Ran], packages: Packages
) -> None:
    packages.wheel("greeting", "1.2.3", "tail>=2", text="import tail\nword = 'hi' + tail.version\n")
    packages.wheel("tail", "2.0")
    ran = fetch("--require", "greeting==1.2.3")
    assert ran.code == 0, ran.said
    rig.write(
        "test_it.py",
        """
        import greeting

        def test_it() -> None:
            assert greeting.word == "hi2.0"
        """,
    )
    assert rig.run("test_it.py").code != 0
    ran = rig.run("test_it.py", env={"AGENTRIG_RUN_PACKAGES": str(rig.folder / "deps")})
    assert ran.code == 0, ran.said


def test_a_file_with_hashes_is_held_to_them(
    rig: Rig, fetch: Callable[..., Ran], packages: Packages
) -> None:
    good = packages.wheel("greeting", "1.2.3")
    file = rig.write("requirements.txt", f"greeting==1.2.3 --hash=sha256:{good}\n")
    assert fetch("-r", str(file)).code == 0
    rig.write("requirements.txt", f"greeting==1.2.3 --hash=sha256:{'0' * 64}\n")
    ran = fetch("-r", str(file))
    assert ran.code == 4
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in ran.err


def test_a_pylock_is_read(rig: Rig, fetch: Callable[..., Ran], packages: Packages) -> None:
    good = packages.wheel("greeting", "1.2.3")
    name = "greeting-1.2.3-py3-none-any.whl"
    lock = rig.write(
        "pylock.toml",
        f"""
        lock-version = "1.0"
        created-by = "test"
        [[packages]]
        name = "greeting"
        version = "1.2.3"
        wheels = [
          {{ name = "{name}", url = "{packages.url}greeting/{name}", hashes = {{ sha256 = "{good}" }} }},
        ]
        """,
    )
    ran = fetch("-r", str(lock))
    assert ran.code == 0, ran.said
    assert (rig.folder / "deps/greeting.py").exists()


def test_uv_s_own_lock_is_answered_with_how_to_export_it(
    rig: Rig, fetch: Callable[..., Ran]
) -> None:
    ran = fetch("-r", str(rig.write("uv.lock", "")))
    assert ran.code == 4
    assert "uv export --format pylock.toml -o pylock.toml" in ran.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "nothing to install"),
        (["--require", "greeting"], "pin it, as in greeting==1.2.3"),
        (["--require", "greeting>=1"], "pin it, as in greeting==1.2.3"),
        (["--require", "greeting==1.*"], "pin it, as in greeting==1.2.3"),
        (["--require", "--index-url=http://x"], "is no requirement"),
        (["-r", "missing.txt"], "no file 'missing.txt'"),
    ],
)
def test_what_is_not_pinned_is_refused(
    fetch: Callable[..., Ran], args: list[str], message: str
) -> None:
    ran = fetch(*args)
    assert (ran.code, message in ran.err) == (4, True), ran.said


def test_a_version_that_is_not_there(fetch: Callable[..., Ran], packages: Packages) -> None:
    packages.wheel("greeting", "1.2.3")
    ran = fetch("--require", "greeting==9.9")
    assert ran.code == 4
    assert "No matching distribution found for greeting==9.9" in ran.err


def test_an_index_that_does_not_answer(
    fetch: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    url = f"http://user:pa55word@127.0.0.1:{port}/"
    monkeypatch.setenv("AGENTRIG_FETCH_PACKAGES_INDEX", url)
    monkeypatch.setenv("PIP_RETRIES", "1")
    ran = fetch("--require", "greeting==1.2.3")
    assert ran.code == 3, ran.said
    assert "the package index cannot be reached" in ran.err
    assert "pa55word" not in ran.said


def test_what_the_image_has_comes_first_and_is_told(
    rig: Rig, fetch: Callable[..., Ran], packages: Packages
) -> None:
    # One that a run of plain scenarios has not imported by then.
    ours = metadata.version("jq")
    packages.wheel("jq", "0.1", text="raise RuntimeError('the wrong one')\n")
    ran = fetch("--require", "jq==0.1")
    assert ran.code == 0, ran.said
    assert f"note: jq {ours} of the image is used, not 0.1" in ran.out
    rig.write("test_it.py", "import jq\n\n\ndef test_it() -> None:\n    assert jq.compile\n")
    ran = rig.run("test_it.py", "--packages", "deps")
    assert ran.code == 0, ran.said


def test_what_does_not_fit_the_image_is_refused(
    fetch: Callable[..., Ran], packages: Packages
) -> None:
    ours = metadata.version("click")
    packages.wheel("click", "0.1")
    packages.wheel("greeting", "1.2.3", "click<1")
    ran = fetch("--require", "greeting==1.2.3")
    assert ran.code == 4
    assert f"greeting 1.2.3 needs click<1, and it is {ours} of the image" in ran.err


def test_code_is_built_only_when_that_is_asked_for(
    rig: Rig, fetch: Callable[..., Ran], packages: Packages
) -> None:
    page = packages.folder / "greeting"
    page.mkdir()
    (page / "greeting-1.2.3.tar.gz").write_bytes(b"")
    (page / "index.html").write_text('<a href="greeting-1.2.3.tar.gz">greeting-1.2.3.tar.gz</a>')
    ran = fetch("--require", "greeting==1.2.3")
    assert (ran.code, "No matching distribution" in ran.err) == (4, True), ran.said
    assert rig.folder.exists()
    ran = fetch("--require", "greeting==1.2.3", "--builds")
    assert (ran.code, "No matching distribution" in ran.err) == (4, False), ran.said
