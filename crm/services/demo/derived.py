"""What follows from the rows of a book, for all rows at once: what the triggers of `bare.FOLLOWING` would
have made of them one by one. A test compares the two.
"""

from typing import Any, Final

import psycopg

from crm.errors import Refused

MADE: Final = {
    "opportunity_principals": """
        insert into opportunity_principals (opportunity_id, principal_id, is_derived)
        select distinct x.opportunity_id, p.principal_id, true
        from opportunity_products x
        join products p using (product_id)
        on conflict do nothing
    """,
    "opportunity_contacts": """
        insert into opportunity_contacts (opportunity_id, contact_id, is_primary)
        select opportunity_id, primary_contact_id, true
        from opportunities
        where primary_contact_id is not null
    """,
    "employments": """
        insert into employments (contact_id, organization_id, position, ended_on)
        select contact_id, organization_id, position, left_on
        from contacts
        where organization_id is not null
        order by contact_id
    """,
    "interaction_principals": """
        insert into interaction_principals
            (interaction_id, principal_id, is_derived, interaction_date, author_id, interaction_type, counts)
        select i.interaction_id, op.principal_id, true, i.interaction_date, i.author_id, i.interaction_type,
            i.is_touch and i.deleted_at is null and o.deleted_at is null
        from interactions i
        join opportunities o using (opportunity_id)
        join opportunity_principals op using (opportunity_id)
        order by i.interaction_id
        on conflict do nothing
    """,
}
"""One statement a table, in the order in which they need one another."""

COUNTED: Final = ("recompute_principal_summaries()", "recompute_principal_weeks()")
"""The counts: those of an empty summary differ from a recount by all there is."""

_OPEN_SAMPLES_WITHOUT_A_PROMISE = """
    select count(*)
    from samples s
    left join interactions i on i.interaction_id = s.follow_up_id
    where s.follow_up_id is not null and s.status <> 'feedback' and s.deleted_at is null
        and (not i.follow_up_required or i.deleted_at is not null)
"""


def make(cursor: psycopg.Cursor[Any]) -> None:
    """Add what follows from the rows that are there. The tables of `MADE` hold nothing derived yet."""
    for statement in MADE.values():
        cursor.execute(statement)


def count(cursor: psycopg.Cursor[Any]) -> None:
    """Bring the kept counts up to the rows that are there."""
    for function in COUNTED:
        cursor.execute(f"select {function}")


def insist(cursor: psycopg.Cursor[Any]) -> None:
    """Refuse the book if one of its open samples has no promise."""
    wrong = cursor.execute(_OPEN_SAMPLES_WITHOUT_A_PROMISE).fetchone()
    if wrong and wrong[0]:
        raise Refused(f"{wrong[0]:,} open samples of this book are without a follow-up.")
