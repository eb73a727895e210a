"""migrations/downgrades: the way down from every revision as SQL, for whoever stands there without our code.

It is what `flask db downgrade --sql` emits, cut at its revisions: a release that is gone back on is one or
several of these files, and the objects before them.
"""

import io
import re
from pathlib import Path

import alembic.command
import alembic.config

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
FOLDER = MIGRATIONS / "downgrades"
STEP = re.compile(r"BEGIN;\n\n-- Running downgrade (\w+) -> (\w*)\n")

OBJECTS = """-- Made by bin/docs. Takes views, policies, triggers, functions and grants away, before any of
-- the files beside this one; the older code's `flask db upgrade` puts its own in place (docs/releasing.md).
"""
REVISION = """-- Made by bin/docs. The way down from {above} to {below}, for kp_owner, after objects.sql.
set lock_timeout = '3s';

"""


def files() -> dict[Path, str]:
    """Every file with what it should say."""
    emitted = _emitted()
    steps = list(STEP.finditer(emitted))
    found = {FOLDER / "objects.sql": OBJECTS + emitted[: steps[0].start()]}
    for step, end in zip(steps, [*(later.start() for later in steps[1:]), len(emitted)], strict=True):
        above, below = step[1], step[2] or "nothing"
        text = REVISION.format(above=above, below=below) + emitted[step.start() : end]
        found[FOLDER / f"{above}.sql"] = text
    return {path: _tidy(text) for path, text in found.items()}


def _emitted() -> str:
    said = io.StringIO()
    config = alembic.config.Config(MIGRATIONS / "alembic.ini", output_buffer=said)
    config.set_main_option("script_location", str(MIGRATIONS))
    alembic.command.downgrade(config, "head:base", sql=True)
    return said.getvalue()


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"
