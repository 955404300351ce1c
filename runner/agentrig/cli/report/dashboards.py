"""`agentrig report dashboards`: the dashboard of a search index."""

from __future__ import annotations

from pathlib import Path

import click

from agentrig.errors import UsageError

__all__ = ["dashboards"]

_INDEX = click.option(
    "--index",
    envvar="AGENTRIG_RUN_SEARCH_INDEX",
    default="agentrig",
    show_default=True,
    metavar="NAME",
    help="Index that the results are in, as `run --search-index` names it.",
)


@click.group()
def dashboards() -> None:
    """Show results in Kibana 8/9 or OpenSearch Dashboards 2/3."""


@dashboards.command()
@click.option(
    "--url",
    required=True,
    envvar="AGENTRIG_DASHBOARDS_URL",
    metavar="URL",
    help="Kibana or OpenSearch Dashboards, with its base path if it has one.",
)
@click.option("--space", metavar="NAME", help="Space of Kibana. Default: its default space.")
@click.option("--tenant", metavar="NAME", help="Tenant of OpenSearch Dashboards.")
@_INDEX
@click.option("--overwrite", is_flag=True, help="Replace what is there already.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Authority of its certificate, PEM, besides the system's.",
)
@click.option(
    "--secrets",
    envvar="AGENTRIG_RUN_SECRETS",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder of secrets, a file each, as Kubernetes mounts them. Else from the environment.",
)
def install(
    *,
    url: str,
    space: str | None,
    tenant: str | None,
    index: str,
    overwrite: bool,
    ca: Path | None,
    secrets: Path | None,
) -> int:
    """Install the dashboard, its panels and the index pattern that they need.

    The access comes from AGENTRIG_SEARCH_API_KEY, or from AGENTRIG_SEARCH_USERNAME and
    AGENTRIG_SEARCH_PASSWORD. What is there already is left as it is, unless --overwrite is given.
    """
    if space and tenant:
        raise UsageError(
            "--space is Kibana's, and --tenant OpenSearch Dashboards': give one of them"
        )
    if tenant and not (tenant.isascii() and tenant.isprintable()):
        raise UsageError("--tenant: the name of a tenant is printable ASCII, as a header takes it")
    from agentrig._secrets import Secrets  # noqa: PLC0415  # see below
    from agentrig.search import search_settings  # noqa: PLC0415  # for this command alone
    from agentrig.search.dashboards import (  # noqa: PLC0415  # see above
        install_dashboards,
        saved_objects,
    )

    settings = search_settings(url, index=index, ca=ca, secrets=Secrets(secrets))
    objects = saved_objects(settings.index)
    installed = install_dashboards(
        settings, objects, space=space, tenant=tenant, overwrite=overwrite
    )
    click.echo(f"installed {installed.written} of {len(objects)} objects at {settings.url}")
    if installed.left:
        click.echo(
            f"{installed.left} were there already and are as they were: --overwrite replaces them"
        )
    return 0


@dashboards.command()
@_INDEX
def export(*, index: str) -> int:
    """Print the objects as NDJSON, as both products import it by hand or from Git."""
    from agentrig.search.dashboards import saved_objects, write_ndjson  # noqa: PLC0415  # see above

    click.echo(write_ndjson(saved_objects(index)), nl=False)
    return 0
