"""A Git server: git's own `http-backend` behind TLS and a token, and `upload-pack` behind SSH."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["GitRepository", "GitWeb", "git_environment", "git_web"]


def git_environment() -> dict[str, str]:
    """Give an environment in which git reads no configuration of the machine."""
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ("AUTHOR", "COMMITTER")
    people = {f"GIT_{name}_{what}": "t@example.com" for name in names for what in ("NAME", "EMAIL")}
    return {**os.environ, **own, **people, "GIT_TERMINAL_PROMPT": "0"}


@dataclass(frozen=True)
class GitRepository:
    """A repository that is worked on by git itself."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> GitRepository:
        folder.mkdir(parents=True)
        made = cls(folder)
        made.git("init", "--quiet", "--initial-branch=main")
        return made

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *args],
            cwd=self.folder,
            env=git_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """Write files (`a__b` is `a/b`) and commit all; give the commit."""
        for name, text in files.items():
            file = self.folder / name.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.git("rev-parse", "HEAD")


@dataclass
class GitWeb:
    """The server: `url` is that of the folder; what was asked of it, and with which credentials."""

    url: str = ""
    token: str | None = None
    asked: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    redirect: str | None = None
    status: int | None = None
    speaks: str = "version=2"
    """The newest version of the protocol that it answers in."""


class _Server(ThreadingHTTPServer):
    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.state = GitWeb()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.0"  # a CGI's answer ends with its connection

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        state = self.server.state
        state.asked.append(f"{self.command} {self.path}")
        state.authorizations.append(given := self.headers["Authorization"])
        wanted = base64.b64encode(f"x-access-token:{state.token}".encode()).decode()
        if state.redirect:
            self.send_response(302)
            self.send_header("Location", state.redirect + self.path)
            self.end_headers()
        elif state.status:
            self.send_error(state.status)
        elif state.token and given != f"Basic {wanted}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
        else:
            self._run(body)

    def _run(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=False,
            env={
                **git_environment(),
                "GIT_PROJECT_ROOT": str(self.server.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", "") and self.server.state.speaks,
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(lines.pop("Status", "200").split()[0]))
        for name, value in lines.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def git_web(folder: Path, tls: ssl.SSLContext | None = None) -> Iterator[GitWeb]:
    """Serve all repositories below `folder`."""
    server = _Server(folder)
    state = server.state
    scheme = "http"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    state.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
