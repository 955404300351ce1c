"""Plays kubectl: `port-forward` as a real TCP forwarder that prints kubectl's lines.

PLAY_KUBECTL (a JSON file) says what to do: {"upstream": port, "fail": text?, "silent": bool?}. Each
start appends its arguments and process id to the file beside it.
"""

from __future__ import annotations

import json
import os
import pathlib
import socket
import sys
import threading
import time


def main() -> None:
    file = pathlib.Path(os.environ["PLAY_KUBECTL"])
    play = json.loads(file.read_text())
    with file.with_suffix(".starts").open("a") as starts:
        starts.write(json.dumps({"args": sys.argv[1:], "pid": os.getpid()}) + "\n")
    if play.get("fail") is not None:
        sys.stderr.write(play["fail"])
        sys.exit(1)
    while play.get("silent"):
        time.sleep(60)
    local, _, remote = sys.argv[-1].partition(":")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(local or 0)))
    listener.listen()
    port = listener.getsockname()[1]
    sys.stdout.write(f"Forwarding from 127.0.0.1:{port} -> {remote}\n")
    sys.stdout.flush()
    while True:
        client, _ = listener.accept()
        sys.stdout.write(f"Handling connection for {port}\n")
        sys.stdout.flush()
        server = socket.create_connection(("127.0.0.1", play["upstream"]))
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=pump, args=(source, sink), daemon=True).start()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


main()
