"""The program `agentrig`, and `python -m agentrig`."""

import os

from agentrig._collector import importing

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    if os.getpid() == 1:
        _end_when_told()
    with importing():
        from agentrig import cli  # noqa: PLC0415  # click, and what it needs
    cli.main()


def _end_when_told() -> None:
    """Let SIGTERM end a container whose run has not begun; a run takes the signal over.

    The kernel keeps from the first process of a container each signal that it does not handle: a
    pod that was ended in that moment ran on until its grace period was over.
    """
    import signal  # noqa: PLC0415  # for containers alone

    signal.signal(signal.SIGTERM, lambda *_: os._exit(2))


if __name__ == "__main__":
    main()
