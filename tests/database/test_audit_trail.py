"""The trail tells who changed what from what to what: nothing is missing from it and nothing is made up."""

from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st

from crm.db import db
from crm.models import Opportunity, User
from tests.chance import few_or_many, holds
from tests.factories import Make, as_role

As = Callable[[Any], None]

LEFT_OUT = {"created_at", "updated_at", "version", "name_key", "stage_changed_at"}
UNAUDITED = {
    "opportunity_stage_changes": "a trail of its own, written by a trigger",
    "organization_aliases": "what imports learn, not the book",
    "person_aliases": "what imports learn, not the book",
    "saved_views": "a person's habits, not the book",
    "favorites": "a person's habits, not the book",
    "recent_items": "a person's habits, not the book",
    "dashboard_preferences": "a person's habits, not the book",
    "notification_preferences": "a person's habits, not the book",
    "files": "what jobs made, not the book",
    "notifications": "what people were told, not the book",
    "covers": "who is away, not the book",
    "principal_summaries": "counts, kept by triggers",
    "principal_weeks": "counts, kept by triggers",
    "principal_deltas": "counts, kept by triggers",
    "engagement_changes": "a trail of its own, written by the planner",
    **dict.fromkeys(
        ("import_sessions", "import_sheets", "import_rows", "import_steps", "import_layouts"),
        "what people brought along; what was made of it is in the trail",
    ),
    "merge_log": "a trail of its own, written with what a merge changes",
    "duplicate_pairs": "what the search found, not the book",
    "audit_log": "the trail itself",
}
"""Tables under row security whose changes are not in the trail, and why."""


def trail(database: sa.Connection, table: str, row_id: int) -> list[Any]:
    with as_role(database, "kp_owner"):
        return list(
            database.execute(
                sa.text(
                    "select action::text, user_id, other_id, version, before, after from audit_log "
                    "where table_name = :t and row_id = :i order by audit_log_id"
                ),
                {"t": table, "i": row_id},
            )
        )


def run(statement: str, **values: Any) -> None:
    db.session.execute(sa.text(statement), values)


def test_every_table_of_the_book_is_in_the_trail_or_says_why_not(database: sa.Connection) -> None:
    secured = database.execute(
        sa.text(
            "select relname::text from pg_class "
            "where relrowsecurity and relnamespace = 'public'::regnamespace"
        )
    ).scalars()
    events = database.execute(
        sa.text(
            "select tgrelid::regclass::text, sum(tgtype & 28) from pg_trigger "
            "where tgfoid = 'audit'::regproc group by 1"
        )
    ).all()
    assert {table for table, _ in events} - {"users"} == set(secured) - set(UNAUDITED)
    assert {kinds for _, kinds in events} == {4 + 8 + 16}, "insert, delete and update"


def test_a_change_names_its_person_and_only_what_changed(
    make: Make, database: sa.Connection, nell: User, acting_as: As
) -> None:
    grill = make.organization("Grill", owner=nell, city="Elkhollow")
    acting_as(nell)
    grill.city = "Marlinde"
    grill.tags = ["patio"]
    db.session.flush()
    begun, changed = trail(database, "organizations", grill.organization_id)
    assert (begun.action, begun.user_id, begun.version, begun.before) == ("insert", None, 1, None)
    assert begun.after["name"] == "Grill"
    assert begun.after["city"] == "Elkhollow"
    assert "notes" not in begun.after
    assert not LEFT_OUT & set(begun.after)
    assert (changed.action, changed.user_id, changed.version) == ("update", nell.user_id, 2)
    assert changed.before == {"city": "Elkhollow", "tags": []}
    assert changed.after == {"city": "Marlinde", "tags": ["patio"]}


def test_a_change_that_changes_nothing_is_none(make: Make, database: sa.Connection) -> None:
    grill = make.organization("Grill")
    with as_role(database, "kp_owner"):
        database.execute(sa.text("update organizations set name = name"))
    assert [row.action for row in trail(database, "organizations", grill.organization_id)] == ["insert"]


def test_many_rows_changed_at_once_are_each_in_the_trail(make: Make, database: sa.Connection) -> None:
    rows = [make.organization(f"Grill {number}") for number in range(5)]
    with as_role(database, "kp_owner"):
        database.execute(sa.text("update organizations set segment = 'Casual'"))
    for row in rows:
        assert trail(database, "organizations", row.organization_id)[-1].after == {"segment": "Casual"}


def test_a_link_is_told_under_its_record_and_a_derived_one_not_at_all(
    make: Make, database: sa.Connection, nell: User, acting_as: As
) -> None:
    maker, other = make.principal("Maker"), make.principal("Other")
    sauce = make.product("Sauce", principal=maker)
    placement = make.opportunity(owner=nell, products=[sauce])
    key = placement.opportunity_id
    assert [row.other_id for row in trail(database, "opportunity_products", key)] == [sauce.product_id]
    assert trail(database, "opportunity_principals", key) == []
    acting_as(nell)
    run(
        "insert into opportunity_principals (opportunity_id, principal_id) values (:o, :p)",
        o=key,
        p=other.organization_id,
    )
    run("delete from opportunity_products where opportunity_id = :o", o=key)
    (chosen,) = trail(database, "opportunity_principals", key)
    assert (chosen.action, chosen.other_id, chosen.user_id) == ("insert", other.organization_id, nell.user_id)
    removed = trail(database, "opportunity_products", key)[-1]
    assert (removed.action, removed.before["product_id"]) == ("delete", sauce.product_id)


def test_an_exchanged_product_is_one_that_went_and_one_that_came(make: Make, database: sa.Connection) -> None:
    sauce, soup = make.product("Sauce"), make.product("Soup")
    placement = make.opportunity(products=[sauce])
    with as_role(database, "kp_owner"):
        database.execute(sa.text("update opportunity_products set product_id = :p"), {"p": soup.product_id})
    rows = trail(database, "opportunity_products", placement.opportunity_id)[1:]
    assert {(row.action, row.other_id) for row in rows} == {
        ("delete", sauce.product_id),
        ("insert", soup.product_id),
    }


def test_a_named_principal_is_in_the_trail_without_its_copies(make: Make, database: sa.Connection) -> None:
    maker = make.principal("Maker")
    call = make.interaction(principals=[maker])
    with as_role(database, "kp_owner"):
        database.execute(sa.text("update interactions set interaction_type = 'Email'"))
    (named,) = trail(database, "interaction_principals", call.interaction_id)
    assert set(named.after) == {"interaction_id", "principal_id", "is_derived"}


def test_accounts_are_told_without_their_secrets(
    make: Make, database: sa.Connection, ada: User, nell: User, acting_as: As
) -> None:
    acting_as(ada)
    nell.role = "manager"
    nell.password = "something else"
    db.session.flush()
    begun, changed = trail(database, "users", nell.user_id)
    assert not {"password", "fs_uniquifier"} & set(begun.after)
    assert (changed.user_id, changed.before, changed.after) == (
        ada.user_id,
        {"role": "rep"},
        {"role": "manager"},
    )
    nell.login_count = 7
    db.session.flush()
    assert len(trail(database, "users", nell.user_id)) == 2


def test_the_trail_is_never_rewritten_by_anybody_but_the_owner(database: sa.Connection) -> None:
    rights = database.execute(
        sa.text(
            "select string_agg(distinct grantee || ' ' || privilege_type, ', ') "
            "from information_schema.role_table_grants "
            "where table_name = 'audit_log' and grantee <> 'kp_owner' and privilege_type <> 'SELECT'"
        )
    )
    assert rights.scalar_one() is None


COLUMNS = {
    "name": st.sampled_from(["Placement", "Menü 🥐", "كشك", "x" * 255]),
    "stage": st.sampled_from(["New Lead", "Initial Outreach", "Demo Scheduled"]),
    "notes": st.one_of(
        st.none(), st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
    ),
    "tags": st.lists(st.sampled_from(["patio", "brunch", "new owner"]), max_size=3),
    "cases_per_week": st.one_of(st.none(), st.integers(0, 500)),
    "expected_close_on": st.one_of(st.none(), st.dates()),
    "deleted_at": st.one_of(st.none(), st.just(sa.func.now())),
}
changes = st.lists(st.fixed_dictionaries({}, optional=COLUMNS), max_size=8)


@few_or_many(15, 40)
def test_what_the_trail_tells_put_together_is_the_row(
    make: Make, database: sa.Connection, examples: int
) -> None:
    holds(partial(trail_tells_the_row, make, database), examples, changes=changes, is_by_sql=st.booleans())


def trail_tells_the_row(
    make: Make, database: sa.Connection, *, changes: list[dict[str, Any]], is_by_sql: bool
) -> None:
    row = make.opportunity()
    for values in changes:
        with as_role(database, "kp_owner"):
            if is_by_sql and values:
                db.session.execute(
                    sa.update(Opportunity)
                    .where(Opportunity.opportunity_id == row.opportunity_id)
                    .values(values)
                    .execution_options(synchronize_session=False)
                )
                db.session.refresh(row)
            else:
                for column, value in values.items():
                    setattr(row, column, value)
                db.session.flush()
    told: dict[str, Any] = {}
    for step in trail(database, "opportunities", row.opportunity_id):
        for column, before in (step.before or {}).items():
            assert told.get(column) == before, f"{column} was {told.get(column)} and not {before}"
        told |= step.after
    with as_role(database, "kp_owner"):
        is_now = database.execute(
            sa.text("select to_jsonb(o) from opportunities o where opportunity_id = :i"),
            {"i": row.opportunity_id},
        ).scalar_one()
    known = {column: value for column, value in told.items() if value is not None}
    assert known == {k: v for k, v in is_now.items() if v is not None and k not in LEFT_OUT}
