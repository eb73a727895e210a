"""Two records become one and two again: everything moves, nothing is lost, and the way back is exact."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from crm import queries, services
from crm.db import SYSTEM, db
from crm.enums import RecordKind
from crm.errors import MovedOn, Refused
from crm.models import Contact, Organization, User
from crm.services.merges import Tell
from crm.services.records import StaleVersion
from tests.chance import few_or_many, holds
from tests.factories import Make, as_role

As = Callable[[Any], None]
Row = dict[str, Any]
Book = dict[str, dict[str, Row]]

ORGANIZATION, CONTACT = RecordKind.ORGANIZATION, RecordKind.CONTACT
NOW = datetime.now(UTC)

TABLES = (
    *("organizations", "contacts", "products", "opportunities", "interactions", "samples", "employments"),
    *("contact_advocacies", "opportunity_products", "opportunity_principals", "opportunity_contacts"),
    *("interaction_principals", "product_distributors", "distributor_principals", "activity_goals"),
    *("favorites", "recent_items", "saved_views", "dashboard_preferences", "notifications"),
    *("organization_aliases", "legacy_id_map", "duplicate_pairs"),
)
"""Every table that a merge touches."""
UNCOUNTED = {"updated_at", "version"}
"""Columns that say how often and when, not what (rulings.md, Files and keeping)."""


@contextmanager
def as_owner(database: sa.Connection) -> Iterator[None]:
    """Be the owner inside the block. A session that begins takes its person's role: let it, before that."""
    db.session.flush()
    db.session.connection()
    with as_role(database, "kp_owner"):
        yield


def snapshot(database: sa.Connection) -> Book:
    """Every row of the book by its table and key, without what is derived from other rows."""
    with as_owner(database):
        found: Book = {}
        for table in TABLES:
            key = database.execute(
                sa.text("select row_key_of(cast(:t as regclass))"), {"t": table}
            ).scalar_one()
            rows = database.execute(sa.text(f'select {key}::text, to_jsonb("row") from {table} "row"')).all()
            found[table] = {
                number: {name: value for name, value in row.items() if name not in UNCOUNTED}
                for number, row in rows
            }
        for table in ("opportunity_principals", "interaction_principals"):
            for row in found[table].values():
                if row["is_derived"]:
                    row.pop("created_at", None)
        return found


def told_apart(one: Book, other: Book) -> list[tuple[str, str, Row | None, Row | None]]:
    """The rows in which two books differ: small enough to be read, which a whole book is not."""
    return [
        (table, key, one[table].get(key), other[table].get(key))
        for table in TABLES
        for key in sorted(one[table].keys() | other[table].keys())
        if one[table].get(key) != other[table].get(key)
    ]


def merged(
    keep: Any, other: Any, *, kind: RecordKind = ORGANIZATION, tell: Tell | None = None, **choices: str
) -> int:
    (key,) = (column.name for column in keep.__table__.primary_key.columns)
    db.session.refresh(keep)
    db.session.refresh(other)
    seen = (keep.version, other.version)
    return services.merges.merge(
        kind, getattr(keep, key), getattr(other, key), choices=choices, seen=seen, tell=tell
    )


@contextmanager
def in_parts(acting_as: As) -> Iterator[Tell]:
    """Move a row at a time, as the system does it for a person."""
    acting_as(SYSTEM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services.merges, "AT_ONCE", 1)
        yield lambda _: None


def is_counted_right(acting_as: As) -> bool:
    """Whether every kept count equals a recount of the history."""
    db.session.flush()
    acting_as(SYSTEM)
    services.engagement.fold()
    return not services.engagement.recompute(today=NOW.date()).is_drift


# ---- what a merge does ----


def test_everything_that_hung_on_the_absorbed_one_hangs_on_the_survivor(
    make: Make, ada: User, nell: User, acting_as: As, database: sa.Connection
) -> None:
    keep, other = make.principal("Cedar Mill"), make.organization("Ceder Mill Foods", city="Ashby")
    dana = make.contact(organization=other)
    call = make.interaction(organization=other, author=nell, owner=nell, follow_up_date=date(2099, 1, 1))
    deal = make.opportunity(organization=other, owner=nell)
    acting_as(ada)
    number = merged(keep, other)
    for row in (dana, call, deal):
        db.session.refresh(row)
        assert row.organization_id == keep.organization_id
    assert call.is_open_promise
    assert other.is_archived
    assert keep.city == "Ashby", "what only the other one knew is taken over"
    assert queries.merges.get(number).absorbed == "Ceder Mill Foods"
    with pytest.raises(MovedOn) as moved:
        queries.organizations.record(other.organization_id)
    assert moved.value.now == keep.organization_id


def test_a_principal_brings_its_products_its_makers_touches_and_its_counts(
    make: Make, ada: User, acting_as: As
) -> None:
    keep, other = make.principal("Cedar Mill"), make.principal("Cedar Mills")
    sauce = make.product(principal=other)
    deal = make.opportunity(products=[sauce])
    hand = make.opportunity(principals=[other])
    make.interaction(opportunity=deal)
    make.interaction(principals=[other])
    make.interaction(principals=[other, keep])
    make.interaction(opportunity=hand)
    acting_as(ada)
    merged(keep, other)
    assert is_counted_right(acting_as)
    counts = db.session.execute(
        sa.text(
            "select opportunities_count, interactions_count, products_count from principal_activity_summary"
            " where organization_id = :n"
        ),
        {"n": keep.organization_id},
    ).one()
    assert tuple(counts) == (2, 4, 1)


def test_a_choice_a_field_is_taken(make: Make, ada: User, acting_as: As) -> None:
    keep = make.organization("The Grill", phone="1", notes="Mine.", tags=["patio"])
    other = make.organization("Grill", phone="2", notes="Theirs.", tags=["brunch"], segment="Casual")
    acting_as(ada)
    merged(keep, other, name="other", phone="other", notes="both")
    assert (keep.name, keep.phone, keep.notes) == ("Grill", "2", "Mine.\n\nTheirs.")
    assert (keep.tags, keep.segment) == (["patio", "brunch"], "Casual")


def test_notes_of_both_that_are_too_long_for_one_record_are_refused(
    make: Make, ada: User, acting_as: As
) -> None:
    keep, other = make.organization(notes="x" * 6_000), make.organization(notes="y" * 6_000)
    acting_as(ada)
    with pytest.raises(Refused, match="too long"):
        merged(keep, other, notes="both")


def test_where_one_stands_above_the_other_nobody_stands_above_themselves(
    make: Make, ada: User, acting_as: As
) -> None:
    top = make.organization()
    upper = make.organization(parent_organization_id=top.organization_id)
    middle = make.organization(parent_organization_id=upper.organization_id)
    lower = make.organization(parent_organization_id=middle.organization_id)
    acting_as(ada)
    number = merged(lower, upper)
    db.session.refresh(middle)
    assert lower.parent_organization_id == top.organization_id
    assert middle.parent_organization_id == lower.organization_id
    services.merges.split(number, now=NOW)
    db.session.refresh(middle)
    assert lower.parent_organization_id == middle.organization_id
    assert middle.parent_organization_id == upper.organization_id


def test_nobody_moves_house_because_two_records_of_it_become_one(
    make: Make, ada: User, acting_as: As, database: sa.Connection
) -> None:
    keep, other = make.organization(), make.organization()
    make.contact(organization=other)
    make.contact(organization=other, left_on=date(2026, 1, 5))
    before = snapshot(database)["employments"]
    acting_as(ada)
    number = merged(keep, other)
    after = snapshot(database)["employments"]
    assert after == {key: row | {"organization_id": keep.organization_id} for key, row in before.items()}
    services.merges.split(number, now=NOW)
    assert snapshot(database)["employments"] == before


def test_a_contact_who_is_one_with_another_one_works_where_was_chosen_and_comes_back_exactly(
    make: Make, ada: User, acting_as: As, database: sa.Connection
) -> None:
    keep = make.contact("Dana", "Ruiz")
    other = make.contact("Dana", "Ruis", mobile_phone="+1 555 0100")
    deal = make.opportunity(primary_contact_id=other.contact_id)
    before = snapshot(database)
    acting_as(ada)
    number = merged(keep, other, kind=CONTACT, place="other")
    db.session.refresh(deal)
    assert (keep.organization_id, keep.mobile_phone) == (other.organization_id, "+1 555 0100")
    assert deal.primary_contact_id == keep.contact_id
    services.merges.split(number, now=NOW)
    assert told_apart(snapshot(database), before) == []


# ---- who may, when, and twice ----


def test_a_merge_is_refused_to_whom_one_of_the_two_does_not_belong(
    make: Make, nell: User, otis: User, acting_as: As
) -> None:
    keep, other = make.organization(owner=nell), make.organization(owner=otis)
    acting_as(nell)
    with pytest.raises((sa.exc.ProgrammingError, sa.exc.NoResultFound)):
        merged(keep, other)


def test_the_second_of_two_equal_merges_is_refused_and_nothing_is_moved_twice(
    make: Make, ada: User, acting_as: As
) -> None:
    keep, other = make.organization(), make.organization()
    acting_as(ada)
    merged(keep, other)
    with pytest.raises(Refused, match="merged or archived"):
        merged(keep, other)
    with pytest.raises(Refused, match="merged or archived"):
        merged(other, keep)


def test_what_was_chosen_of_an_older_version_is_not_taken(make: Make, ada: User, acting_as: As) -> None:
    keep, other = make.organization(), make.organization()
    acting_as(ada)
    with pytest.raises(StaleVersion):
        services.merges.merge(
            ORGANIZATION, keep.organization_id, other.organization_id, choices={}, seen=(7, 1)
        )


def test_a_merge_is_taken_back_for_thirty_days_and_once(make: Make, ada: User, acting_as: As) -> None:
    keep, other = make.organization(), make.organization()
    acting_as(ada)
    number = merged(keep, other)
    with pytest.raises(Refused, match="30 days"):
        services.merges.split(number, now=NOW + timedelta(days=31))
    assert services.merges.split(number, now=NOW + timedelta(days=29)) == []
    assert not other.is_archived
    with pytest.raises(Refused, match="two again"):
        services.merges.split(number, now=NOW)
    merged(keep, other)


def test_merges_on_top_of_one_another_are_taken_back_from_the_top(
    make: Make, ada: User, acting_as: As, database: sa.Connection
) -> None:
    first, second, third = (make.organization(name) for name in ("A", "B", "C"))
    make.contact(organization=first)
    before = snapshot(database)
    acting_as(ada)
    lower = merged(second, first)
    upper = merged(third, second)
    assert queries.merges.survivor_of(ORGANIZATION, first.organization_id) == third.organization_id
    with pytest.raises(Refused, match="Undo that merge first"):
        services.merges.split(lower, now=NOW)
    services.merges.split(upper, now=NOW)
    services.merges.split(lower, now=NOW)
    assert told_apart(snapshot(database), before) == []


def test_what_came_to_the_absorbed_one_while_it_was_merged_is_moved_along_at_night(
    make: Make, ada: User, acting_as: As
) -> None:
    keep, other = make.organization(), make.organization()
    acting_as(ada)
    number = merged(keep, other)
    late = make.interaction(organization=other)
    acting_as(SYSTEM)
    services.merges.sweep(now=NOW)
    db.session.refresh(late)
    assert late.organization_id == keep.organization_id
    acting_as(ada)
    services.merges.split(number, now=NOW)
    db.session.refresh(late)
    assert late.organization_id == other.organization_id
    acting_as(SYSTEM)
    services.merges.sweep(now=NOW + timedelta(days=40))
    acting_as(ada)
    number = merged(keep, other)
    acting_as(SYSTEM)
    assert services.merges.sweep(now=NOW + timedelta(days=40)) > 0


def test_somebody_told_apart_from_the_absorbed_one_is_told_apart_from_the_survivor(
    make: Make, ada: User, acting_as: As
) -> None:
    keep, other, third = make.organization(), make.organization(), make.organization()
    acting_as(ada)
    services.duplicates.tell_apart(
        ORGANIZATION, other.organization_id, third.organization_id, by=ada.user_id, now=NOW
    )
    merged(keep, other)
    assert queries.duplicates.is_told_apart(ORGANIZATION, third.organization_id, keep.organization_id)


# ---- the way back, of any book ----

either = st.integers(0, 2)
"""Which of three records something hangs on: the survivor, the absorbed one, a third."""
several = st.lists(st.tuples(either, either, either, st.booleans()), max_size=4)


def hang(make: Make, three: list[Organization], people: list[Contact], users: list[User], said: Row) -> None:
    """A book in which anything may hang on any of three organizations and three contacts."""
    numbers = [one.organization_id for one in three]
    contacts = [one.contact_id for one in people]
    items = [make.product(principal=three[one]) for one, *_ in said["products"]]
    deals = []
    for one, two, of, is_open in said["opportunities"]:
        deals.append(
            make.opportunity(
                organization=three[one],
                stage="New Lead" if is_open else "Closed - Won",
                principals=[three[two]] if is_open else three[:2],
                products=items[of : of + 1],
                distributor_id=numbers[of],
                primary_contact_id=contacts[two] if is_open else None,
            )
        )
    for one, two, of, is_promise in said["interactions"]:
        make.interaction(
            organization=three[one],
            contact=people[two],
            opportunity=deals[of] if of < len(deals) else None,
            principals=[three[of]] if is_promise else three[:2],
            author=users[0],
            follow_up_date=date(2099, 1, 1) if is_promise else None,
        )
    rows: dict[str, list[str]] = {}

    def add(table: str, columns: str, values: str) -> None:
        rows.setdefault(f"{table} ({columns})", []).append(f"({values})")

    for one, two, _, flag in said["links"]:
        add("contact_advocacies", "contact_id, principal_id, status, since_on",
            f"{contacts[one]}, {numbers[two]}, 'Champion', '2026-01-01'")  # fmt: skip
        add("distributor_principals", "distributor_id, principal_id, state, buyer_contact_id",
            f"{numbers[one]}, {numbers[two]}, 'target', {contacts[two]}")  # fmt: skip
        add("activity_goals", "principal_id, user_id, per_week",
            f"{numbers[one]}, {users[0].user_id if flag else 'null'}, 12")  # fmt: skip
        for user in users[: 1 + flag]:
            add("favorites", "user_id, kind, record_id", f"{user.user_id}, 'organization', {numbers[one]}")
            add("favorites", "user_id, kind, record_id", f"{user.user_id}, 'contact', {contacts[one]}")
            add("recent_items", "user_id, kind, record_id", f"{user.user_id}, 'organization', {numbers[two]}")
            add("saved_views", "user_id, list_name, name, query",
                f"{user.user_id}, 'products', 'View {one}{two}', "
                f"'principal={numbers[one]}&distributor={numbers[two]}'")  # fmt: skip
            add("notifications", "user_id, kind, subject, link",
                f"{user.user_id}, 'slipped', 'News', '/principals/{numbers[two]}?tab=1'")  # fmt: skip
        for item in items[: 1 + flag]:
            add("product_distributors", "product_id, distributor_id, is_primary",
                f"{item.product_id}, {numbers[one]}, {str(flag and one == 1).lower()}")  # fmt: skip
        for deal in deals[:2]:
            add("opportunity_contacts", "opportunity_id, contact_id, role",
                f"{deal.opportunity_id}, {contacts[two]}, {repr('Chef') if flag else 'null'}")  # fmt: skip
        add("employments", "contact_id, organization_id, ended_on",
            f"{contacts[one]}, {numbers[two]}, '2020-01-01'")  # fmt: skip
        add("legacy_id_map", "source_table, legacy_id, target_table, target_id",
            f"'organizations', '00000000-0000-0000-0000-00000000000{one}', 'organizations', {numbers[one]}"
            )  # fmt: skip
        add("organization_aliases", "alias, organization_id", f"'alias {one}', {numbers[one]}")
    with as_owner(make.connection):
        for into, values in rows.items():
            for value in values:
                make.connection.exec_driver_sql(
                    f"insert into {into} values {value} on conflict do nothing".replace("%", "%%")
                )


LAST = "(select max(opportunity_id) from opportunities)"
LATER = {
    "a call": (
        "insert into interactions (organization_id, contact_id, interaction_type) "
        "values ({keep}, {person}, 'Note')"
    ),
    "somebody new": "insert into contacts (first_name, organization_id) values ('New', {keep})",
    "a product": "insert into products (name, principal_id) values ('New', {keep})",
    "a placement": "insert into opportunities (name, organization_id) values ('New', {keep})",
    "another phone": "update organizations set phone = '9' where organization_id = {keep}",
    "another note": "update contacts set notes = 'Later.' where contact_id = {person}",
    "a kept promise": "update interactions set completed_at = now() where follow_up_required",
    "an archived call": (
        "update interactions set deleted_at = now() where interaction_id = "
        "(select max(interaction_id) from interactions where not follow_up_required)"
    ),
    "a moved deal": f"update opportunities set organization_id = {{third}} where opportunity_id = {LAST}",
    "another maker": (
        "insert into opportunity_principals (opportunity_id, principal_id) select opportunity_id, {third} "
        f"from opportunities where opportunity_id = {LAST} on conflict do nothing"
    ),
    "a star less": "delete from favorites where record_id = {keep} and kind = 'organization'",
}
"""What people do with the survivor before the merge is taken back."""


def expected(before: Book, at_merge: Book, later: Book) -> Book:
    """The book as it must be after the way back: as before, but for what was done since the merge."""
    found: Book = {}
    for table in TABLES:
        rows: dict[str, Row] = {}
        for key, row in before[table].items():
            was, now = at_merge[table].get(key), later[table].get(key)
            if was is None:  # the merge took it away
                rows[key] = row
            elif now is not None:
                changed = {name: value for name, value in now.items() if value != was.get(name)}
                rows[key] = row | changed
        known = before[table].keys() | at_merge[table].keys()
        found[table] = rows | {key: row for key, row in later[table].items() if key not in known}
    return found


def without_derived(book: Book) -> Book:
    """What people said; what triggers make of it is proven by the recount."""
    unsaid = {"interaction_principals": {"counts"}, "opportunity_contacts": {"is_primary"}}
    """Copies: of the interaction, and of the opportunity's primary contact."""
    return {
        table: {
            key: {name: value for name, value in row.items() if name not in unsaid.get(table, ())}
            for key, row in rows.items()
            if not row.get("is_derived")
        }
        for table, rows in book.items()
    }


def without_numbers(book: Book) -> Book:
    """The same, with the trail of employments told by what it says: a number is given only once."""
    trail = [
        {name: value for name, value in row.items() if name != "employment_id"}
        for row in book["employments"].values()
    ]
    return book | {"employments": {str(sorted(row.items(), key=str)): row for row in trail}}


books = st.fixed_dictionaries(
    {
        "products": st.lists(st.tuples(either), max_size=3),
        "opportunities": several,
        "interactions": several,
        "links": several,
    }
)


@pytest.mark.slow
@few_or_many(5, 12)
@pytest.mark.parametrize("kind", [ORGANIZATION, CONTACT])
def test_split_is_as_before_but_for_what_came_later_whatever_the_book(
    kind: RecordKind,
    examples: int,
    make: Make,
    ada: User,
    nell: User,
    acting_as: As,
    database: sa.Connection,
) -> None:
    holds(
        partial(split_is_as_before, kind, make, ada, nell, acting_as, database),
        examples,
        said=books,
        choices=st.dictionaries(
            st.sampled_from(
                ["name", "phone", "place", "position", "parent_organization_id", "notes", "owner_id"]
            ),
            st.sampled_from(["keep", "other"]),
        ),
        parents=st.tuples(either, either),
        later=st.lists(st.sampled_from(sorted(LATER)), max_size=5, unique=True),
        is_large=st.booleans(),
    )


def split_is_as_before(
    kind: RecordKind,
    make: Make,
    ada: User,
    nell: User,
    acting_as: As,
    database: sa.Connection,
    *,
    said: Row,
    choices: dict[str, str],
    parents: tuple[int, int],
    later: list[str],
    is_large: bool,
) -> None:
    db.session.commit()  # a savepoint of the session's must not be open around ours
    db.session().info.pop("person", None)
    savepoint = database.begin_nested()
    try:
        three = [
            make.organization(
                f"Firm {n}", is_principal=True, is_distributor=n != 2, phone=str(n) if n else None
            )
            for n in range(3)
        ]
        people = [
            make.contact(f"Dana {n}", organization=three[n], position="Chef" if n else None) for n in range(3)
        ]
        if parents[0] != parents[1]:
            with as_owner(database):
                database.exec_driver_sql(
                    f"update organizations set parent_organization_id = {three[parents[0]].organization_id} "
                    f"where organization_id = {three[parents[1]].organization_id}"
                )
                database.exec_driver_sql(
                    f"update contacts set reports_to_id = {people[parents[0]].contact_id} "
                    f"where contact_id = {people[parents[1]].contact_id}"
                )
        hang(make, three, people, [nell, ada], said)
        db.session.expire_all()
        before = snapshot(database)

        keep, other = (three if kind is ORGANIZATION else people)[:2]
        if is_large:  # what comes of it at once, to be held against what comes of it in parts
            db.session.commit()
            at_once = database.begin_nested()
            try:
                acting_as(ada)
                merged(keep, other, kind=kind, **choices)
                due = snapshot(database)
            finally:
                db.session.commit()
                at_once.rollback()
            db.session.expire_all()
            with in_parts(acting_as) as tell:
                number = merged(keep, other, kind=kind, tell=tell, **choices)
            at_merge = snapshot(database)
            assert told_apart(without_numbers(at_merge), without_numbers(due)) == []
        else:
            acting_as(ada)
            number = merged(keep, other, kind=kind, **choices)
            at_merge = snapshot(database)
        names = {"keep": three[0].organization_id, "third": three[2].organization_id,
                 "person": people[0].contact_id}  # fmt: skip
        assert is_counted_right(acting_as), "counts are those of a recount"
        column = "organization_id" if kind is ORGANIZATION else "contact_id"
        gone = getattr(other, column)
        for table, pointer in (("interactions", column), ("opportunities", "organization_id")):
            if kind is ORGANIZATION or table == "interactions":
                assert not [row for row in at_merge[table].values() if row[pointer] == gone], table

        with as_owner(database):
            for what in later:
                database.exec_driver_sql(LATER[what].format(**names))
        afterwards = snapshot(database)
        acting_as(ada)
        db.session.expire_all()
        if is_large:
            with in_parts(acting_as) as tell:
                services.merges.split(number, now=NOW, tell=tell)
        else:
            services.merges.split(number, now=NOW)
        after, due = snapshot(database), expected(before, at_merge, afterwards)
        assert told_apart(without_derived(after), without_derived(due)) == []
        if not later:
            assert told_apart(after, before) == []
        assert is_counted_right(acting_as), "counts are those of a recount"
    finally:
        db.session.rollback()
        db.session.expire_all()
        savepoint.rollback()
