"""Groups of commands whose modules are imported when they are called, or asked for their help."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from agentrig._collector import importing

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """Has the `lazy` commands: each name with `module:attribute`, and what the group's help says.

    That is the first sentence of the command's own help, repeated because to import all of them
    takes 0.3 s. What begins with none of their names is meant for the command `default`, if there
    is one, which can be called by its name as well.
    """

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, tuple[str, str]],
        default: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Take what `click.Group` takes as well."""
        super().__init__(*args, **kwargs)
        self._lazy = lazy
        self._default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command's name before arguments that name none."""
        own = {name for option in self.get_params(ctx) for name in option.opts}
        if self._default and args and args[0] not in own | set(self._lazy):
            args = [self._default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands, in the order of the alphabet."""
        return sorted(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        with importing():
            command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(self._lazy.items())])
