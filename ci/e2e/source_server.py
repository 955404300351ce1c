"""What the pod of `test_sources.py` runs: Git and a package index over HTTPS, and an S3 server.

It is handed over as an argument, so it stands on its own and needs only what the runner's image has.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import os
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from dulwich import porcelain
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dulwich.repo import Repo
    from dulwich.server import BackendRepo

WORK = Path("/tmp/served")  # the pod's own volume
TLS = Path("/etc/tls")
TOKEN = "an-e2e-token"  # of a server that lives for a minute
SCENARIO = """name: The root answers
agent: gymcoach
steps:
  - {name: Root, path: /, expect: {status: 200}}
"""
MODULE = """import greeting


def test_the_library_is_there():
    assert greeting.word == "hello"
"""


def main() -> None:
    """Serve until the pod is deleted."""
    WORK.mkdir(parents=True)
    wheel_hash = make_index(WORK / "index")
    repo = make_repository(WORK / "tests.git", wheel_hash)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "tls.crt", TLS / "tls.key")
    served: dict[str, BackendRepo] = {"/tests.git": repo}
    git = make_server("", 8443, guarded(make_wsgi_chain(DictBackend(served))), handler_class=Quiet)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(WORK / "index"))
    index = http.server.ThreadingHTTPServer(("", 8444), handler)
    for server in (git, index):
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever).start()
    print("serving", flush=True)
    serve_s3()


def make_index(folder: Path) -> str:
    """Make a package index (PEP 503) of one wheel; give its SHA-256."""
    wheel = folder / "greeting" / "greeting-1.2.3-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    info = "greeting-1.2.3.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("greeting.py", "word = 'hello'\n")
        text = "Metadata-Version: 2.1\nName: greeting\nVersion: 1.2.3\n"
        archive.writestr(f"{info}/METADATA", text)
        text = "Wheel-Version: 1.0\nGenerator: e2e\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", text)
        archive.writestr(f"{info}/RECORD", "")
    (wheel.parent / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def make_repository(folder: Path, wheel_hash: str) -> Repo:
    """Make a repository with the tag v1.0, and a later commit that fails."""
    repo = porcelain.init(folder)
    suite = folder / "e2e"
    suite.mkdir()
    (suite / "root.yaml").write_text(SCENARIO)
    (suite / "test_greeting.py").write_text(MODULE)
    (suite / "requirements.txt").write_text(f"greeting==1.2.3 --hash=sha256:{wheel_hash}\n")
    commit(repo, folder)
    porcelain.tag_create(repo, b"v1.0", author=b"t <t@x>", message=b"one", annotated=True)
    (suite / "root.yaml").write_text(SCENARIO.replace("200", "418"))
    commit(repo, folder)
    return repo


def commit(repo: Repo, folder: Path) -> None:
    """Commit all files."""
    porcelain.add(repo, [str(path) for path in (folder / "e2e").iterdir()])
    porcelain.commit(repo, message=b"change", author=b"t <t@x>", committer=b"t <t@x>")


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def guarded(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Ask for the token."""
    wanted = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()

    def ask(environment: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environment.get("HTTP_AUTHORIZATION") != wanted:
            start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"')])
            return [b""]
        return application(environment, start)

    return ask


def serve_s3() -> None:
    """Run the S3 server that the test sends into this pod, when it is there."""
    binary = Path("/tmp/versitygw")
    while not binary.exists():
        time.sleep(0.1)
    buckets, metadata = WORK / "buckets", WORK / "metadata"
    buckets.mkdir()
    metadata.mkdir()
    account = ("--access", "e2e-key", "--secret", "e2e-secret")
    arguments = ("--port", ":7070", *account, "posix", "--sidecar", metadata, buckets)
    sys.exit(subprocess.call([binary, *arguments], env={**os.environ, "HOME": "/tmp"}))


if __name__ == "__main__":
    main()
