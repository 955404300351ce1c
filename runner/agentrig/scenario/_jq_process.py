"""The process that runs jq programs which may not end. It imports as little as it can.

    python -I -S _jq_process.py FOLDER_OF_JQ LIMIT_S MEMORY_BYTES

Reads requests from standard input: the lengths of a program and of its input in JSON, 4 bytes
each, then both. Answers each with the length of a JSON object, and that: `value` or `error`.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys
import threading
import time
from itertools import islice
from typing import Any

__all__ = ["ANSWER", "MAX_ANSWER_BYTES", "REQUEST", "main", "watch_memory"]

REQUEST = struct.Struct("!II")
ANSWER = struct.Struct("!I")

MAX_ANSWER_BYTES = 64 << 20
KEPT_PROGRAMS = 64


def main() -> None:
    """Answer requests until standard input ends."""
    folder, limit_s, memory_bytes = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    sys.path.append(folder)
    import jq  # noqa: PLC0415  # its folder is known only now

    _limit_memory(memory_bytes)
    programs: dict[str, Any] = {}
    while lengths := _read(REQUEST.size):
        text, data = (_read(length).decode() for length in REQUEST.unpack(lengths))
        # libjq cannot be interrupted. The parent ends this process, unless it is gone itself.
        signal.setitimer(signal.ITIMER_REAL, limit_s)
        try:
            if text not in programs:
                if len(programs) == KEPT_PROGRAMS:
                    programs.clear()
                programs[text] = jq.compile(text)
            answer = _answer(list(islice(programs[text].input_text(data), 2)))
        except ValueError as error:
            answer = _encode(error=str(error))
        except MemoryError:
            os.abort()  # what libjq does
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(ANSWER.pack(len(answer)) + answer)


def _limit_memory(more_bytes: int) -> None:
    """End the process by SIGABRT, as libjq does without memory, above what is in use now."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # pathlib takes 5 ms
            used = int(file.read().split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        # macOS, which limits no address space: what is in use is looked at from time to time.
        threading.Thread(target=watch_memory, args=(more_bytes,), daemon=True).start()
        return
    resource.setrlimit(resource.RLIMIT_AS, (used + more_bytes, used + more_bytes))


def watch_memory(more_bytes: int) -> None:
    """End the process once it has so much more in use; libjq lets other threads run."""
    unit = 1 if sys.platform == "darwin" else 1024
    limit = _most_used() + more_bytes // unit
    while _most_used() < limit:
        time.sleep(0.02)
    os.abort()


def _most_used() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _answer(values: list[Any]) -> bytes:
    if len(values) > 1:
        return _encode(error="the query yields more than one value: collect them with [ ]")
    answer = _encode(value=values[0] if values else None)
    if len(answer) > MAX_ANSWER_BYTES:
        return _encode(error=f"the query yields more than {MAX_ANSWER_BYTES >> 20} MB")
    return answer


def _encode(**answer: Any) -> bytes:
    return json.dumps(answer).encode()


def _read(size: int) -> bytes:
    """Read so many bytes; nothing when the input has ended."""
    parts = []
    while size:
        part = os.read(0, min(size, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
