"""`flask openapi`: what scripts can ask, as OpenAPI 3.1."""

import click
from flask.cli import with_appcontext

from crm.api import document


@click.command("openapi")
@with_appcontext
def openapi() -> None:
    """Print the OpenAPI document of /api/v1."""
    click.echo(document.text(), nl=False)
