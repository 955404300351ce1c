from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

import httpx
import pytest

from agentrig.demo import find_scenarios
from agentrig.demo.serving import listen, port_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from agentrig.cli import main; main()", "demo"]
NAMES = "gymcoach, trading-bot, voice-assistant, fitness-tracker, research-agent"


@contextmanager
def started(*args: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `agentrig demo ARGS`; give the process and the first line that it prints."""
    with subprocess.Popen(
        [*COMMAND, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean(environment),
    ) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            assert process.stdout
            yield process, process.stdout.readline()
        finally:
            watchdog.cancel()
            process.kill()


def run(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean(environment),
    )


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    ours = ("OPA_", "AGENTRIG_", "AGENTSPEC_", "PYTEST_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | dict(environment)


def free_port() -> int:
    with listen("127.0.0.1", 0, what="test") as one:
        return port_of(one)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_stays_up_until_a_signal_and_ends_clean(number: signal.Signals) -> None:
    with started("--serve", "--ports", "free") as (process, first):
        assert first.split() == ["AGENT", "PROXY", "CONTROL"]
        assert process.stdout
        name, proxy, control = process.stdout.readline().split()
        assert name == "gymcoach"
        assert httpx.get(proxy).json()["agent"] == "gymcoach"
        assert httpx.get(control + "/health/live").is_success
        others = [process.stdout.readline().split()[0] for _ in range(4)]
        assert others == ["trading-bot", "voice-assistant", "fitness-tracker", "research-agent"]
        name, url = process.stdout.readline().split()
        assert (name, httpx.get(url).json()["agent"]) == ("playground", "playground")
        with socket.create_connection(("127.0.0.1", int(proxy.rpartition(":")[2]))) as one:
            one.sendall(b"nonsense\r\n\r\n")  # uvicorn would warn of it
            assert one.recv(12) == b"HTTP/1.1 400"
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")


def test_an_agent_and_its_sidecar_run_as_processes() -> None:
    app, proxy, control = free_port(), free_port(), free_port()
    control_url = f"http://127.0.0.1:{control}"
    sidecar_args = ["--upstream", f"http://127.0.0.1:{app}"]
    sidecar_args += ["--proxy-port", str(proxy), "--control-port", str(control)]
    with (
        started(
            "agent", "fitness-tracker", "--port", str(app), AGENTSPEC_SIDECAR_URL=control_url
        ) as (agent, agent_line),
        started("sidecar", "fitness-tracker", *sidecar_args, OPA_PROXY_MODE="enforce") as (
            sidecar,
            sidecar_line,
        ),
    ):
        assert agent_line == f"agent fitness-tracker on 127.0.0.1:{app}, events to {control_url}\n"
        assert sidecar_line == (
            f"sidecar of fitness-tracker on 127.0.0.1: proxy {proxy}, control {control}, "
            f"upstream http://127.0.0.1:{app}, policy enforce by built-in rules\n"
        )
        chat, body = f"http://127.0.0.1:{proxy}/chat", {"message": "log 30 min of yoga"}
        assert httpx.post(chat, json=body).status_code == 403
        guarded = {"x-agentspec-guardrails-invoked": "pii_scrubber,content_filter"}
        assert httpx.post(chat, json=body, headers=guarded).status_code == 200
        deadline = time.monotonic() + 10
        while httpx.get(control_url + "/audit").json()[-1]["reportedBy"] != ["headers", "events"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)

        agent.kill()
        agent.wait()
        assert httpx.post(chat, json=body, headers=guarded).status_code == 502
        assert httpx.get(control_url + "/health/ready").status_code == 503
        sidecar.send_signal(signal.SIGTERM)
        output = sidecar.communicate(timeout=10)
        assert (sidecar.returncode, *output) == (0, "", "")


def test_the_playground_runs_as_a_process() -> None:
    ports = [free_port() for _ in range(3)]
    names = ("--port", "--tls-port", "--client-tls-port")
    args = [text for name, port in zip(names, ports, strict=True) for text in (name, str(port))]
    with started("playground", *args) as (process, line):
        assert line == (
            f"playground on 127.0.0.1:{ports[0]}, TLS on {ports[1]}, "
            f"with a client's certificate on {ports[2]}\n"
        )
        with httpx.stream("GET", f"http://127.0.0.1:{ports[0]}/events/endless") as endless:
            assert next(endless.iter_lines()) == "id: 1"
            process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=10)
        assert (process.returncode, *output) == (0, "", "")


def test_a_request_in_flight_is_finished_after_sigterm() -> None:
    port = free_port()
    with started("agent", "gymcoach", "--port", str(port)) as (process, _):
        body = b'{"message": "plan my week"}'
        with httpx.Client() as client:

            def slowly() -> Iterator[bytes]:
                yield body[:5]
                process.send_signal(signal.SIGTERM)
                deadline = time.monotonic() + 10
                while True:  # until it takes no more connections
                    try:
                        httpx.get(f"http://127.0.0.1:{port}/")
                    except httpx.TransportError:
                        break
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
                time.sleep(0.5)  # what the pod's grace period is for
                yield body[5:]

            response = client.post(f"http://127.0.0.1:{port}/chat", content=slowly())
            assert response.json()["toolsCalled"] == ["plan-week"]
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("args", "environment", "message"),
    [
        (
            ["agent", "gymcoch"],
            {},
            f"there is no agent 'gymcoch': did you mean 'gymcoach'? there are {NAMES}",
        ),
        (
            ["agent", "zzz"],
            {},
            f"there is no agent 'zzz': there are {NAMES}",
        ),
        (
            ["agnet", "gymcoach"],
            {},
            "there is no demo command 'agnet': did you mean 'agent'? there are agent, playground, policy, sidecar",
        ),
        (["--serve", "-k", "x"], {}, "'-k' is an option of a run, and --serve runs nothing"),
        (
            ["sidecar", "gymcoach", "--upstream", "ftp://x"],
            {},
            "the upstream is 'ftp://x': use a URL such as http://127.0.0.1:8181",
        ),
        (
            ["sidecar", "gymcoach", "--upstream", "http://x"],
            {"OPA_PROXY_MODE": "bogus"},
            "OPA_PROXY_MODE is 'bogus': use track, enforce or off",
        ),
        (
            ["sidecar", "gymcoach", "--upstream", "http://x"],
            {"OPA_URL": "http://x:y"},
            "OPA_URL is 'http://x:y': use a URL such as http://127.0.0.1:8181",
        ),
        (
            ["agent", "gymcoach"],
            {"AGENTSPEC_SIDECAR_URL": "x"},
            "AGENTSPEC_SIDECAR_URL is 'x': use a URL such as http://127.0.0.1:8181",
        ),
    ],
)
def test_a_mistake_on_the_command_line_says_what_instead(
    args: list[str], environment: dict[str, str], message: str
) -> None:
    done = run(*args, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (4, "", f"error: {message}\n")


def test_a_port_in_use_is_an_infrastructure_error() -> None:
    with listen("127.0.0.1", 0, what="test") as taken:
        port = port_of(taken)
        done = run("agent", "gymcoach", "--port", str(port))
    assert done.returncode == 3
    assert done.stderr == (
        f"error: port {port} on 127.0.0.1, for gymcoach, is in use: "
        "stop what listens there, or choose other ports\n"
    )


def test_the_demo_runs_its_scenarios_and_exits_with_their_code(tmp_path: Path) -> None:
    results = str(tmp_path / "results")
    passed = run("-k", "01-proxy or 06-header or gap_grade", "--results", results)
    assert (passed.returncode, passed.stderr) == (0, "")
    assert "7 passed" in passed.stdout
    assert (tmp_path / "results" / "junit.xml").is_file()
    nothing = run("--results", results, "-k", "no-such-scenario")
    assert nothing.returncode == 5


def test_every_scenario_and_module_of_the_demo_passes(tmp_path: Path) -> None:
    done = run("--results", str(tmp_path / "results"))
    assert done.returncode == 0, done.stdout + done.stderr
    files_run = [
        path.name for path in find_scenarios().iterdir() if path.suffix in {".py", ".yaml"}
    ]
    assert len(files_run) >= 12
    assert [name for name in files_run if name not in done.stdout] == []


def test_the_policy_is_printed_as_it_is() -> None:
    done = run("policy")
    assert done.returncode == 0
    assert done.stdout == (files("agentrig.demo") / "policy.rego").read_text()


def test_without_the_extra_the_message_says_how_to_get_it() -> None:
    script = (
        "import sys; sys.modules['uvicorn'] = sys.modules['lightkube'] = None\n"
        "from agentrig.cli import main; main(['demo', 'agent', 'gymcoach'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    assert done.stderr == (
        "error: the demo needs uvicorn and lightkube, not installed here: "
        "pip install 'agentrig[demo]'\n"
    )
