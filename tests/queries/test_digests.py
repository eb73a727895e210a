"""What a digest asks of a book costs as much as the book has rows, not as much as it has history."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from crm import queries
from crm.db import SYSTEM, db
from crm.enums import MailKind, OpportunityStage, Role
from crm.models import OpportunityStageChange, User
from crm.queries.books import FIRM, Book
from crm.queries.digest_sections import EVERY_SECTION
from tests.factories import Make, as_role

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)
Acting = Callable[[User | str | None], None]


@pytest.fixture(autouse=True)
def _the_system_acts(acting_as: Acting) -> None:
    acting_as(SYSTEM)


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile, with what they ask for."""
    found: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        found.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def read_of(table: str, statement: str, parameters: Any) -> int:
    """How many rows of a table the statement reads, as the database counts them, where indexes are used.

    Of a few rows it may be cheaper to read them all and sort them: where there are many, it never is.
    """
    cursor = db.session.connection().connection.cursor()
    for other_way in ("seqscan", "bitmapscan", "hashjoin", "sort", "incremental_sort"):
        cursor.execute(f"set local enable_{other_way} = off")
    cursor.execute(f"explain (analyze, format json) {statement}", parameters)
    [(answer,)] = cursor.fetchall()

    def rows(node: dict[str, Any]) -> float:
        here = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == table else 0
        return here + sum(rows(under) for under in node.get("Plans", ()))

    return round(rows(answer[0]["Plan"]))


def count_anew(database: sa.Connection, table: str) -> None:
    """Let plans be made for what is there, and not for what other tests have written there and undone."""
    with as_role(database, "kp_owner"):
        database.exec_driver_sql(f"analyze {table}")


@pytest.mark.parametrize("named", ["organization", "contact", "opportunity"])
def test_the_last_touch_of_an_account_is_the_end_of_an_index(
    make: Make, nell: User, database: sa.Connection, named: str
) -> None:
    places = [make.organization(priority="A", owner=nell) for _ in range(3)]
    for place in places:
        subject = place if named == "organization" else getattr(make, named)(organization=place)
        for back in range(100, 110):
            make.interaction(author=nell, on=NOON - timedelta(days=back), **{named: subject})
    count_anew(database, "interactions")
    with asked() as statements:
        neglected = queries.books.neglected(FIRM, on=TODAY)
    assert sorted(one.days for one in neglected) == [100, 100, 100]
    assert read_of("interactions", *statements[-1]) == len(places)


def test_late_promises_are_read_by_their_numbers(make: Make, nell: User, otis: User) -> None:
    late = make.interaction(author=nell, follow_up_date=TODAY - timedelta(days=3))
    make.interaction(author=otis, follow_up_date=TODAY - timedelta(days=3))
    for _ in range(20):
        make.interaction(author=nell)
    book = Book({nell.user_id}, has_nobodys=False)
    with asked() as statements:
        found = queries.digests.late(book, on=TODAY)
    assert [one.interaction_id for one in found] == [late.interaction_id]
    assert len(statements) == 2
    assert read_of("interactions", *statements[-1]) == 1


def test_principals_of_others_are_left_out_before_anything_is_found_out_of_them(
    make: Make, nell: User, otis: User
) -> None:
    theirs = make.principal(owner=nell)
    make.principal(owner=otis)
    with asked() as statements:
        found = queries.digests.standing(Book({nell.user_id}, has_nobodys=False), on=TODAY)
    assert [one.principal_id for one in found] == [theirs.organization_id]
    seen, _, _ = statements[-1][0].partition("standing AS")
    assert "organizations.owner_id = ANY" in seen


def test_the_digest_of_each_of_many_is_the_one_that_they_have_alone(make: Make) -> None:
    """People of every kind of book, with rows that one, two, and none of them look after."""
    chief, head, lone = (make.user(role=Role.MANAGER) for _ in range(3))
    nell, otis = make.user(manager=chief), make.user(manager=head)
    for number, owner in enumerate((nell, otis, chief, lone, None)):
        owner_id = owner and owner.user_id
        maker = make.principal(owner=owner, second_owner_id=nell.user_id if owner is otis else None)
        make.interaction(principals=[maker], on=NOON - timedelta(days=8 + number))
        place = make.organization(priority="A", owner=owner)
        make.interaction(organization=place, on=NOON - timedelta(days=100))
        make.interaction(follow_up_date=TODAY - timedelta(days=3 + number), owner_id=owner_id)
        chance = make.opportunity(
            organization=place, principals=[maker], owner=owner, stage_changed_at=NOON - timedelta(days=90)
        )
        make.save(
            OpportunityStageChange(
                opportunity_id=chance.opportunity_id, from_stage=OpportunityStage.NEW_LEAD,
                to_stage=OpportunityStage.DEMO_SCHEDULED, changed_at=NOON - timedelta(days=2),
            )
        )  # fmt: skip
    everybody = [nell, otis, chief, head, lone]
    sections = [EVERY_SECTION, EVERY_SECTION, EVERY_SECTION, {MailKind.STALE}, set()]
    together = queries.digest_sections.of_each(list(zip(everybody, sections, strict=True)), on=TODAY)
    assert together == [
        queries.digest_sections.of(one, on=TODAY, sections=wanted)
        for one, wanted in zip(everybody, sections, strict=True)
    ]
    assert [len(digest.moves) for digest in together] == [1, 1, 3, 2, 5]
    assert [len(digest.neglected) for digest in together] == [1, 1, 3, 0, 0]
    assert [len(digest.stale) for digest in together] == [1, 1, 3, 2, 0]
    assert [digest.late_count for digest in together] == [1, 1, 3, 2, 5]
    assert [len(digest.tallies) for digest in together] == [2, 1, 4, 2, 5]


def test_many_digests_are_asked_for_with_as_many_statements_as_one(make: Make) -> None:
    chiefs = [make.user(role=Role.MANAGER) for _ in range(5)]
    for chief in chiefs:
        rep = make.user(manager=chief)
        make.interaction(principals=[make.principal(owner=rep)], follow_up_date=TODAY - timedelta(days=3))
    counts = []
    for some in (chiefs[:1], chiefs):
        with asked() as statements:
            queries.digest_sections.of_each([(chief, EVERY_SECTION) for chief in some], on=TODAY)
        counts.append(len(statements))
    assert counts[0] == counts[1]
