"""Whether a database stands where these files lead: `python -m migrations.standing` ends with 0 if it does.

`flask db upgrade` finds nothing to do then, and takes seconds to find it out, for it reads the whole
application. So bin/up asks here first.
"""

import os
from pathlib import Path
from typing import Final

import psycopg

from migrations import objects

VERSIONS: Final = Path(__file__).parent / "versions"
ASKED: Final = """
    select (select version_num from alembic_version) = %(newest)s
        and obj_description('alembic_version'::regclass, 'pg_class') = %(objects)s
        and exists (select from firm_settings where name = %(firm_name)s and time_zone = %(firm_zone)s)
"""


def is_current(url: str, *, firm_name: str, firm_zone: str) -> bool:
    """Whether the database at `url`, an address of kp_owner, has the newest revision, the objects of these
    files and the firm's name and zone. Of one that cannot be asked `flask db upgrade` tells what is wrong.
    """
    known = {"newest": newest(), "objects": objects.digest(), "firm_name": firm_name, "firm_zone": firm_zone}
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(ASKED, known).fetchone()
    except psycopg.Error:
        return False
    return row is not None and row[0] is True


def newest() -> str:
    """The number of the newest revision: they are counted, and a file is named after its number."""
    return max(path.name[:3] for path in VERSIONS.glob("[0-9]*.py"))


if __name__ == "__main__":
    known = os.environ
    raise SystemExit(
        not is_current(
            known["DATABASE_OWNER_URL"], firm_name=known["FIRM_NAME"], firm_zone=known["FIRM_TIMEZONE"]
        )
    )
