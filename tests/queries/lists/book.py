"""Books of thousands of rows for the lists, written in one statement each."""

from datetime import date
from typing import Final

import sqlalchemy as sa

from crm.db import db
from tests.factories import as_role

TODAY: Final = date(2026, 11, 24)
ROWS: Final = 3_000

FILLS: Final = {
    "organizations": """
        insert into organizations (name, priority, city, state, segment, updated_at)
        select 'Organization ' || md5(n::text),
               case n % 6 when 0 then null else (enum_range(null::priority_enum))[n % 6] end,
               case n % 7 when 0 then null else 'City ' || n % 40 end,
               case n % 7 when 0 then null else chr(65 + n % 20) || chr(65 + n % 5) end,
               'Segment ' || n % 6, now() - n * interval '1 minute'
          from generate_series(1, :rows) n
    """,
    "contacts": """
        insert into contacts (first_name, last_name, updated_at)
        select 'First' || n % 50, 'Last' || md5(n::text), now() - n * interval '1 minute'
          from generate_series(1, :rows) n
    """,
    "opportunities": """
        with at as (insert into organizations (name) values ('Everywhere') returning organization_id)
        insert into opportunities
            (name, organization_id, stage, stage_changed_at, expected_close_on, updated_at)
        select 'Opportunity ' || md5(n::text), organization_id,
               (enum_range(null::opportunity_stage_enum))[1 + n % 6],
               now() - n * interval '1 hour', case n % 3 when 0 then null else date '2026-11-01' + n % 90 end,
               now() - n * interval '1 minute'
          from at, generate_series(1, :rows) n
    """,
}
"""What fills the table of a list, by the list's name; a new list needs one."""


def fill(connection: sa.Connection, list_name: str, rows: int = ROWS) -> None:
    """Write that many rows as the owner and let the planner know them."""
    db.session.connection()
    with as_role(connection, "kp_owner"):
        connection.execute(sa.text(FILLS[list_name]), {"rows": rows})
        connection.exec_driver_sql(f"analyze {list_name}")
