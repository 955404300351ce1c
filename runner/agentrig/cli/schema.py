"""`agentrig schema`: the JSON Schema of a scenario, for editors."""

from __future__ import annotations

import json

import click

from agentrig.scenario import scenario_schema
from agentrig.steps import DEFAULT_KIND, step_kinds

__all__ = ["schema", "schema_text"]


@click.command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of a scenario file.

    Point an editor at it with a first line
    `# yaml-language-server: $schema=scenario.schema.json`.
    """
    click.echo(schema_text(), nl=False)


def schema_text() -> str:
    """Write the schema of a scenario of all kinds that are installed."""
    kinds = step_kinds()
    models = {name: kinds.kind(name).model for name in kinds.names}
    return json.dumps(scenario_schema(models, default=DEFAULT_KIND), indent=2) + "\n"
