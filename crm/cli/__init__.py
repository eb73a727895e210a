"""Commands of operations, one group a noun. They connect as the owner where that connection is known."""

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

import crm
from crm.cli import (
    backup,
    demo,
    doctor,
    engagement,
    flags,
    imports,
    jobs,
    legacy,
    mail,
    openapi,
    tokens,
    users,
)
from crm.config import Settings
from crm.db import db

GROUPS = (
    backup.backup,
    demo.demo,
    doctor.doctor,
    engagement.engagement,
    flags.flags,
    imports.imports,
    jobs.jobs,
    legacy.legacy,
    mail.mail,
    openapi.openapi,
    tokens.tokens,
    users.users,
)
"""Every group that `flask` offers, and the one command that stands alone."""


def create_app(settings: Settings | None = None) -> Flask:
    """The application for `flask`, with every command; FLASK_APP names this function. Raises
    `config.BadSettings` on a bad environment.
    """
    app = crm.create_app("commands", settings)
    init(app)
    return app


def init(app: Flask) -> None:
    """Register every group, and what `flask db` wants to know."""
    Migrate(app, db, directory=str(Path(app.root_path).parent / "migrations"))
    for group in GROUPS:
        app.cli.add_command(group)
