"""Running `flask …` as an operator would: a process of its own, signed in as the real owner."""

import os
import subprocess
import sys

from tests.databases import FIRM_TIMEZONE, ROOT, SECRET_KEY, Database


def environment(database: Database, **more: str) -> dict[str, str]:
    """The environment of a command on this database."""
    fixed = {
        "FLASK_APP": "crm.cli:create_app",
        "DATABASE_URL": database.url("web"),
        "DATABASE_OWNER_URL": database.url("owner"),
        "FIRM_TIMEZONE": FIRM_TIMEZONE,
        "FIRM_NAME": "Harbor & Vine Brokerage",
        "SECRET_KEY": SECRET_KEY,
        "PANTRY_ENV": "test",
    }
    inherited = {name: value for name, value in os.environ.items() if name != "DEMO_PASSWORD"}
    return {**inherited, **fixed, **more}


def flask_command(database: Database, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What `flask words…` says and how it ends; `more` goes into its environment."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=environment(database, **more),
        text=True,
        capture_output=True,
    )
