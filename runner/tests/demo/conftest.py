"""Real servers on free ports: the embedded demo, single sidecars, and an agent that misbehaves."""

from __future__ import annotations

import os
import shutil
import socketserver
import subprocess
import threading
import time
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from agentrig.demo.background import in_background
from agentrig.demo.embedded import Demo, running_demo
from agentrig.demo.manifests import AGENTS
from agentrig.demo.serving import listen, port_of, serving
from agentrig.demo.sidecar import SidecarConfig, sidecar_apps
from tests.support.playground import started_playground

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from agentrig.demo.playground_serving import PlaygroundUrls


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    with running_demo() as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield client


@dataclass
class Sidecar:
    proxy: httpx.Client
    control: httpx.Client

    def audit(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.control.get("/audit").json())


StartSidecar = "Callable[..., Sidecar]"


@pytest.fixture
def start_sidecar() -> Iterator[Callable[..., Sidecar]]:
    """Give `start_sidecar(agent_name, upstream, OPA_PROXY_MODE=...)`."""
    with ExitStack() as stack:

        @asynccontextmanager
        async def serve(config: SidecarConfig, proxy: Any, control: Any) -> AsyncIterator[None]:
            async with (
                sidecar_apps(config) as (proxy_app, control_app),
                serving({proxy: proxy_app, control: control_app}, finish_within_s=1),
            ):
                yield

        def start(name: str, upstream: str, **environment: str) -> Sidecar:
            config = SidecarConfig.from_environment(
                environment, manifest=AGENTS[name], upstream=upstream, public_url="http://here"
            )
            listeners = [stack.enter_context(listen("127.0.0.1", 0, what="test")) for _ in "pc"]
            stack.enter_context(in_background(serve(config, *listeners)))
            clients = [
                httpx.Client(
                    base_url=f"http://127.0.0.1:{port_of(one)}", timeout=10, trust_env=False
                )
                for one in listeners
            ]
            return Sidecar(*(stack.enter_context(client) for client in clients))

        yield start


@dataclass
class ScriptedAgent:
    """Answers every connection with the same bytes and keeps what it was sent."""

    answer: bytes
    url: str = ""
    requests: list[bytes] = field(default_factory=list)


@pytest.fixture
def scripted_agent() -> Iterator[Callable[[bytes], ScriptedAgent]]:
    with ExitStack() as stack:

        def start(answer: bytes) -> ScriptedAgent:
            agent = ScriptedAgent(answer)

            class Handler(socketserver.StreamRequestHandler):
                def handle(self) -> None:
                    head = b""
                    while line := self.rfile.readline().rstrip(b"\r\n"):
                        head += line + b"\n"
                    lengths = [h for h in head.lower().split(b"\n") if h[:15] == b"content-length:"]
                    body = self.rfile.read(int(lengths[0][15:])) if lengths else b""
                    agent.requests.append(head + b"\n" + body)
                    self.wfile.write(agent.answer)

            server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.serve_forever, args=[0.01])
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            agent.url = f"http://127.0.0.1:{server.server_address[1]}"
            return agent

        yield start


@pytest.fixture(scope="session")
def opa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Give `opa(*policy_files)`: the URL of a real Open Policy Agent that has them loaded."""
    binary = os.environ.get("AGENTRIG_OPA") or shutil.which("opa")
    if binary is None:
        pytest.skip("needs opa: set AGENTRIG_OPA, or put it on PATH")
    started: list[subprocess.Popen[bytes]] = []

    def start(*policies: Path) -> str:
        with listen("127.0.0.1", 0, what="opa") as free:
            port = port_of(free)
        log = tmp_path_factory.mktemp("opa") / "log"
        args = [binary, "run", "--server", "--addr", f"127.0.0.1:{port}", *map(str, policies)]
        with log.open("wb") as out:
            process = subprocess.Popen(args, stdout=out, stderr=out)
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while True:
            try:
                if httpx.get(url + "/health", trust_env=False).is_success:
                    return url
            except httpx.TransportError:
                pass
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)

    yield start
    for process in started:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def playground_urls() -> Iterator[PlaygroundUrls]:
    with started_playground() as urls:
        yield urls


@pytest.fixture(scope="session")
def playground(playground_urls: PlaygroundUrls) -> Iterator[httpx.Client]:
    """Give a client of the playground that keeps no cookies."""
    with httpx.Client(base_url=playground_urls.url, timeout=10, trust_env=False) as client:
        yield client
