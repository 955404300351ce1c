"""What goes on in the pods of the Kubernetes stand-in: their logs, and commands in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.websockets import WebSocket

    from agentrig.demo.workload import Workload

__all__ = ["PROTOCOL", "execute", "log_of"]

PROTOCOL = "v5.channel.k8s.io"
_STDOUT, _STATUS = b"\x01", b"\x03"


def log_of(workload: Workload, query: Mapping[str, str]) -> str:
    """Write what a workload said. Raises HTTPException 400 for another container's name."""
    container = query.get("container") or workload.container
    if container != workload.container:
        raise HTTPException(400, f"container {container} is not valid for pod {workload.name}")
    since = _seconds(query["sinceTime"]) if "sinceTime" in query else 0.0
    stamped = query.get("timestamps") == "true"
    lines = [
        f"{datetime.fromtimestamp(when, UTC).isoformat().replace('+00:00', 'Z')} {text}"
        if stamped
        else text
        for when, text in workload.said
        if when >= since
    ]
    return "".join(f"{line}\n" for line in lines)


async def execute(socket: WebSocket, workload: Workload, command: Sequence[str]) -> None:
    """Answer a command as a container would: there is `printenv`, and nothing else."""
    await socket.accept(PROTOCOL)
    program, *names = command or [""]
    status: dict[str, Any] = {"metadata": {}, "status": "Success"}
    if program != "printenv":
        message = f'exec: "{program}": executable file not found in $PATH'
        status |= {"status": "Failure", "reason": "InternalError", "message": message}
    else:
        variables = workload.environment
        found = [variables[name] for name in names if name in variables]
        if not names:
            found = [f"{key}={value}" for key, value in variables.items()]
        if found:
            await socket.send_bytes(_STDOUT + "".join(f"{one}\n" for one in found).encode())
        if any(name not in variables for name in names):
            message = "command terminated with non-zero exit code"
            causes = [{"reason": "ExitCode", "message": "1"}]
            reason = {"reason": "NonZeroExitCode", "details": {"causes": causes}}
            status |= {"status": "Failure", "message": message, **reason}
    await socket.send_bytes(_STATUS + json.dumps(status).encode())
    await socket.close()


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise HTTPException(400, f"sinceTime '{text}' is no RFC 3339 time") from None
