"""The program `agentrig`, and `python -m agentrig`."""

from agentrig._collector import importing

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    with importing():
        from agentrig import cli  # noqa: PLC0415  # click, and what it needs
    cli.main()


if __name__ == "__main__":
    main()
