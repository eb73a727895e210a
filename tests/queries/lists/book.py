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
    "interactions": """
        with at as (insert into organizations (name) values ('Everywhere') returning organization_id)
        insert into interactions (organization_id, interaction_type, interaction_date, subject, updated_at)
        select organization_id, (enum_range(null::interaction_type_enum))[1 + n % 6],
               now() - n * interval '1 hour', 'Subject ' || md5(n::text), now() - n * interval '1 minute'
          from at, generate_series(1, :rows) n
    """,
    "products": """
        with at as (insert into organizations (name, is_principal) values ('Maker of all', true)
                    returning organization_id)
        insert into products (name, principal_id, category, updated_at)
        select 'Product ' || md5(n::text), organization_id,
               case n % 5 when 0 then null else 'Category ' || n % 30 end, now() - n * interval '1 minute'
          from at, generate_series(1, :rows) n
    """,
    "samples": """
        with at as (insert into organizations (name, is_principal) values ('Maker of all', true)
                    returning organization_id),
             about as (insert into opportunities (name, organization_id)
                       select 'Everything', organization_id from at returning opportunity_id),
             product as (insert into products (name, principal_id)
                         select 'Product of all', organization_id from at returning product_id)
        insert into samples
            (opportunity_id, product_id, status, sent_on, verdict, feedback_on, updated_at)
        select opportunity_id, product_id, 'feedback', date '2026-01-01' + n % 300, 'liked',
               date '2026-11-01', now() - n * interval '1 minute'
          from about, product, generate_series(1, :rows) n
    """,
    "distributors": """
        insert into organizations (name, is_distributor)
        select 'Distributor ' || md5(n::text), n % 2 = 0 from generate_series(1, 2 * :rows) n
    """,
}
"""What fills the table of a list, by the list's name; a new list needs one."""

TABLES: Final = {"distributors": "organizations"}
"""The table of a list that is called otherwise."""


def fill(connection: sa.Connection, list_name: str, rows: int = ROWS) -> None:
    """Write that many rows as the owner and let the planner know them."""
    db.session.connection()
    with as_role(connection, "kp_owner"):
        connection.execute(sa.text(FILLS[list_name]), {"rows": rows})
        connection.exec_driver_sql(f"analyze {TABLES.get(list_name, list_name)}")
