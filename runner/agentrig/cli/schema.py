"""`agentrig schema`: the JSON Schema of a scenario, for editors."""

from __future__ import annotations

import json

import click

from agentrig.scenario import scenario_schema
from agentrig.steps import DEFAULT_KIND, step_kinds

__all__ = ["schema"]


@click.command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of a scenario file.

    Point an editor at it with a first line
    `# yaml-language-server: $schema=scenario.schema.json`.
    """
    kinds = step_kinds()
    models = {name: kinds.kind(name).model for name in kinds.names}
    click.echo(json.dumps(scenario_schema(models, default=DEFAULT_KIND), indent=2))
