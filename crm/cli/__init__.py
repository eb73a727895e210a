"""Commands of operations, one group a noun. They connect as the owner where that connection is known."""

from flask import Flask

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


def create_app() -> Flask:
    """The application for `flask`; FLASK_APP names this function."""
    import crm  # the factory registers this package, so it is imported when asked for

    return crm.create_app("commands")


def init(app: Flask) -> None:
    """Register every group."""
    for group in GROUPS:
        app.cli.add_command(group)
