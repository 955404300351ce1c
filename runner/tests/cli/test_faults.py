"""Everything that a server can do wrong, all in one run: it ends, says so, and the rest passes."""

from __future__ import annotations

import json
import re
import ssl
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from agentrig.events import Outcome, ScenarioFinished
from tests.support.golden import check_golden
from tests.support.raw_server import Conversation, RawServer, raw_server
from tests.support.scripted_server import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.rig import Rig

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SIZED = HEAD + b"content-length: 10\r\n\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


def hanging(*said: bytes) -> Callable[[Conversation], None]:
    def play(talk: Conversation) -> None:
        for piece in said:
            talk.say(piece)
        talk.wait_for_end()

    return play


def resetting(*said: bytes) -> Callable[[Conversation], None]:
    def play(talk: Conversation) -> None:
        for piece in said:
            talk.say(piece)
        talk.pause(0.05)
        talk.reset()

    return play


def endless(begin: bytes, piece: bytes, pause_s: float = 0) -> Callable[[Conversation], None]:
    def play(talk: Conversation) -> None:
        talk.say(begin)
        while True:
            talk.say(piece)
            if pause_s:
                talk.pause(pause_s)

    return play


def saying(*said: bytes) -> Callable[[Conversation], None]:
    def play(talk: Conversation) -> None:
        for piece in said:
            talk.say(piece)

    return play


def bomb() -> bytes:
    deflater = zlib.compressobj(9, wbits=31)
    body = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(100)) + deflater.flush()
    return answer(headers=[("content-encoding", "gzip")], body=body)


FAULTS: dict[str, Callable[[Conversation], None]] = {
    "hangs_before_the_head": hanging(),
    "hangs_in_the_head": hanging(HEAD),
    "hangs_in_the_body": hanging(SIZED, b"abc"),
    "resets_before_the_head": resetting(),
    "resets_in_the_head": resetting(HEAD),
    "resets_in_the_body": resetting(SIZED, b"abc"),
    "trickles": endless(HEAD + b"content-length: 10000\r\n\r\n", b"x", 0.02),
    "body_too_short": saying(SIZED, b"abc"),
    "body_too_long": saying(SIZED, b'{"a": 12} and more than it said'),
    "no_utf8": saying(answer(body=b'{"a": "\xff\xfe"}')),
    "no_http": saying(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "nothing": saying(),
    "bad_chunks": saying(CHUNKED, b"zz\r\n"),
    "endless_head": endless(HEAD, b"x-a: b\r\n"),
    "endless_body": endless(CHUNKED, b"2000\r\n" + bytes(8192) + b"\r\n"),
    "gigabyte": endless(HEAD + b"content-length: 1073741824\r\n\r\n", bytes(65536)),
    "bomb": saying(bomb()),
    # It says that it closes the connection, else the next hop may take it for open.
    "redirect_loop": saying(
        answer(302, headers=[("location", "/redirect_loop"), ("connection", "close")])
    ),
    "endless_stream": endless(EVENTS, b"data: x\n\n" * 100),
    "silent_stream": hanging(EVENTS, b"data: x\n\n"),
    "stream_that_is_none": saying(answer(body=b"{}")),
    "good": saying(answer(body=b'{"a": 1}')),
}
EXTRAS: dict[str, dict[str, Any]] = {
    "redirect_loop": {"redirects": 5},
    "endless_body": {"max_body": "1MiB"},
    "gigabyte": {"max_body": "1MiB"},
    "bomb": {"max_body": "1MiB"},
    "endless_stream": {"stream": True, "max_body": "1MiB"},
    "silent_stream": {"stream": {"idle_timeout": "300ms"}},
    "stream_that_is_none": {"stream": True},
    "no_utf8": {"expect": {"jq": ".a", "equals": "x"}},
}


def play(talk: Conversation) -> None:
    while request := talk.request():
        path = request.split()[1].decode().strip("/")
        FAULTS[path](talk)
        if path != "good":
            return


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server(play) as server:
        yield server


@pytest.fixture
def untrusted() -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with raw_server(play, context) as server:
        yield server


def told(end: ScenarioFinished) -> str:
    """Give the first line of a message, whoever was first to see that the time was over."""
    first = (end.message or "nothing").splitlines()[0]
    # Whether the reset or the end is seen first is the system's choice.
    first = re.sub("Connection reset by peer.*|connection closed before.*", "BROKEN OFF", first)
    return re.sub("no response|the response did not end|no end", "NO END", first)


# The whole run in a process of its own, whose greatest memory is told at its end. What getrusage
# tells begins with the memory of the process that forked this one: that of all the tests.
SCRIPT = """
import re
from pathlib import Path
from agentrig.cli import main
try:
    main(["run", "."])
finally:
    status = Path("/proc/self/status").read_text()
    print("KiB at most:", re.search(r"VmHWM:\\s+(\\d+)", status)[1])
"""


def test_no_fault_takes_the_run_down(rig: Rig, server: RawServer, untrusted: RawServer) -> None:
    for name in FAULTS:
        step: dict[str, Any] = {"name": "Ask", "endpoint": server.url, "path": f"/{name}"}
        # The others end by themselves, however busy this machine is.
        step |= {"timeout": "3s" if name.startswith(("hangs", "trickles")) else "60s"}
        step |= {"expect": {"status": 200}, **EXTRAS.get(name, {})}
        rig.write(f"{name}.yaml", json.dumps({"name": name, "steps": [step]}))
    for name, url in (("untrusted", untrusted.url), ("not_there", "http://127.0.0.1:9")):
        rig.scenario(name, "/good")
        text = Path(rig.folder / f"{name}.yaml").read_text(encoding="utf-8")
        rig.write(f"{name}.yaml", text.replace(rig.url, url))

    ran = rig.python("-c", SCRIPT)
    assert ran.code == 1, ran.said
    ends = {one.scenario: one for one in ran.events(ScenarioFinished)}
    said = [f"{Path(name).stem}: {one.outcome}: {told(one)}" for name, one in sorted(ends.items())]
    check_golden(Path(__file__).parent / "golden" / "faults.txt", "\n".join(said) + "\n")
    assert ends["good.yaml"].outcome is Outcome.PASSED
    kib = int(ran.out.partition("KiB at most:")[2])
    assert kib < 200 * 1024, "no body is held beyond its limit"


def test_a_run_of_faults_can_be_interrupted(rig: Rig, server: RawServer) -> None:
    for name in ("hangs_before_the_head", "hangs_in_the_body", "trickles", "silent_stream"):
        stream = {"stream": True} if name == "silent_stream" else {}
        step = {"endpoint": server.url, "path": f"/{name}", "timeout": "60s", **stream}
        rig.write(f"{name}.yaml", json.dumps({"name": name, "steps": [step]}))
    with rig.started(".") as process:
        while len(server.requests) < 4:
            server.ended.wait(0.01)
            assert process.poll() is None
        process.terminate()
        ran = rig.ended(process)
    assert ran.code == 2, ran.said
    with suppress(KeyError):
        assert {one.outcome for one in ran.events(ScenarioFinished)} == {Outcome.INTERRUPTED}
