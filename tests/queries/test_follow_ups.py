"""Open promises: one predicate for badge, lists, counts and mail; one statement for a page of any length."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from crm import queries
from crm.db import db
from crm.models import OPEN_PROMISE, Interaction, User
from crm.queries.follow_ups import Whose
from crm.queries.promises import Key, Promise, When
from tests.factories import Make, as_role

TODAY = date(2026, 11, 24)
"""A Tuesday."""

ActAs = Callable[[User], None]


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@pytest.fixture
def promised(make: Make, nell: User) -> Callable[..., Interaction]:
    """`promised(-3)`: something nell promised for three days ago."""

    def promise(offset: int, **columns: object) -> Interaction:
        return make.interaction(
            **{"follow_up_date": day(offset), "author": nell, "is_touch": False} | columns  # type: ignore[arg-type]
        )

    return promise


def rows(whose: Whose, **asked: object) -> list[Promise]:
    found, _ = queries.follow_ups.page(whose, today=TODAY, **asked)  # type: ignore[arg-type]
    return found


def test_groups_follow_one_another_by_day(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    for offset in (9, 0, -1, 5, 1, -30, 6):  # Sunday is five days ahead, Monday six
        promised(offset)
    acting_as(nell)
    assert [(row.follow_up_date, row.when(TODAY)) for row in rows(nell.user_id)] == [
        (day(-30), When.OVERDUE),
        (day(-1), When.OVERDUE),
        (day(0), When.TODAY),
        (day(1), When.WEEK),
        (day(5), When.WEEK),
        (day(6), When.LATER),
        (day(9), When.LATER),
    ]
    counts = queries.follow_ups.counts(nell.user_id, today=TODAY)
    assert counts.of == {When.OVERDUE: 2, When.TODAY: 1, When.WEEK: 2, When.LATER: 2, When.SNOOZED: 0}
    assert counts.total == 7


@pytest.mark.parametrize("when", list(When))
def test_a_group_lists_what_its_count_says(
    when: When, promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    for offset in range(-4, 12):
        promised(offset)
        promised(offset, snoozed_until_on=day(2))
        promised(offset, snoozed_until_on=day(0))
        promised(offset, completed_at=datetime(2026, 11, 23, 12, tzinfo=UTC))
        promised(offset, deleted_at=datetime(2026, 11, 23, 12, tzinfo=UTC))
    acting_as(nell)
    counts = queries.follow_ups.counts(nell.user_id, today=TODAY)
    found = rows(nell.user_id, when=when, limit=100)
    assert len(found) == counts.of[when] > 0
    assert {row.when(TODAY) for row in found} == {when}
    if when is When.OVERDUE:
        assert queries.follow_ups.overdue_count(nell.user_id, today=TODAY) == len(found)


def test_a_snoozed_promise_comes_back_on_its_day_as_overdue_as_it_was(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    promised(-2, snoozed_until_on=day(1))
    acting_as(nell)
    assert rows(nell.user_id) == []
    assert queries.follow_ups.overdue_count(nell.user_id, today=TODAY) == 0
    assert queries.follow_ups.due(nell.user_id, today=TODAY) == []
    (back,) = queries.follow_ups.due(nell.user_id, today=day(1))
    assert (back.follow_up_date, back.when(day(1))) == (day(-2), When.OVERDUE)
    assert queries.follow_ups.overdue_count(nell.user_id, today=day(1)) == 1


def test_a_list_is_somebodys_everyones_or_nobodys(
    promised: Callable[..., Interaction], make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    mine, his = promised(0), promised(0, owner=otis)
    left = make.interaction(follow_up_date=TODAY)
    acting_as(nell)

    def listed(whose: Whose) -> set[int]:
        return {row.interaction_id for row in rows(whose)}

    assert listed(nell.user_id) == {mine.interaction_id}
    assert listed(otis.user_id) == {his.interaction_id}
    assert listed("nobody") == {left.interaction_id}
    assert listed("everyone") == {mine.interaction_id, his.interaction_id, left.interaction_id}


def test_pages_by_key_show_each_promise_once(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    made = {promised(offset // 3).interaction_id for offset in range(-6, 7)}
    acting_as(nell)
    seen: list[int] = []
    after: Key | None = None
    for _ in range(10):
        found, after = queries.follow_ups.page(nell.user_id, today=TODAY, after=after, limit=4)
        seen += [row.interaction_id for row in found]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 13
    assert set(seen) == made


def test_a_last_page_that_is_full_has_no_next(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    for _ in range(4):
        promised(0)
    acting_as(nell)
    assert queries.follow_ups.page(nell.user_id, today=TODAY, limit=4)[1] is None


NO_KEYS = [
    "",
    "x",
    "2026-11-16",
    "2026-11-16.",
    "2026-13-16.4",
    "0001-01-01.4",
    "2026-11-16.-4",
    "2026-11-16.²",
    "2026-11-16.99999999999999999999",
]


@pytest.mark.parametrize("text", NO_KEYS)
def test_an_address_that_is_no_key_names_no_page(text: str) -> None:
    assert Key.parse(text) is None


def test_a_key_is_read_as_it_was_written() -> None:
    key = Key(day(-3), 204)
    assert Key.parse(str(key)) == key


def test_a_row_says_everything_a_list_shows(make: Make, nell: User, acting_as: ActAs) -> None:
    heron = make.organization("The Tin Heron", phone="555-0199")
    odalys = make.contact(
        "Odalys",
        "Merriweather",
        organization=heron,
        mobile_phone="(312) 555-0100 ext. 12",
        email="o@heron.example",
    )
    jam, tea = make.principal("Zinnia Jams"), make.principal("Amber Teas")
    menu = make.opportunity("Winter menu", organization=heron, principals=[tea])
    made = make.interaction(
        opportunity=menu,
        contact=odalys,
        principals=[jam],
        author=nell,
        follow_up_date=day(-8),
        follow_up_note="Pick up feedback",
        notes="Left six jars.\n\nPastry chef was away.\n  \n",
    )
    acting_as(nell)
    (row,) = rows(nell.user_id)
    assert (row.interaction_id, row.what, row.whom) == (
        made.interaction_id,
        "Pick up feedback",
        ["Odalys Merriweather", "The Tin Heron"],
    )
    assert [principal.name for principal in row.principals] == ["Amber Teas", "Zinnia Jams"]
    assert (row.last_line, row.dial, row.way) == ("Pastry chef was away.", "3125550100;ext=12", "call")
    assert row.owner is not None
    assert row.owner.name == nell.full_name
    assert queries.follow_ups.get(made.interaction_id) == row


@pytest.mark.parametrize(
    ("contact", "way"),
    [
        ({"phone": "+44 20 7946 0018", "email": "a@b.example"}, "call"),
        ({"phone": "+44 20 7946 0018", "email": "a@b.example", "preferred_channel": "Email"}, "email"),
        ({"email": "a@b.example"}, "email"),
        ({"phone": "ask at the desk"}, ""),
        ({}, ""),
    ],
)
def test_people_are_reached_as_they_like_it_or_as_they_can_be(
    contact: dict[str, str], way: str, make: Make, nell: User, acting_as: ActAs
) -> None:
    make.interaction(contact=make.contact(**contact), author=nell, follow_up_date=TODAY)  # type: ignore[arg-type]
    acting_as(nell)
    assert rows(nell.user_id)[0].way == way


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"follow_up_note": "Ask the plant", "subject": "Half-size roll"}, "Ask the plant"),
        ({"follow_up_note": "  ", "subject": "Half-size roll"}, "Half-size roll"),
        ({}, "Follow up on The Tin Heron"),
    ],
)
def test_a_promise_without_words_takes_them_from_where_it_came(
    columns: dict[str, str], what: str, make: Make, nell: User, acting_as: ActAs
) -> None:
    heron = make.organization("The Tin Heron")
    make.interaction(organization=heron, author=nell, follow_up_date=TODAY, **columns)
    acting_as(nell)
    assert rows(nell.user_id)[0].what == what


def test_due_brings_so_many_of_each_group_that_neither_hides_the_other(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    for _ in range(5):
        promised(-2)
        promised(0)
    promised(1)
    acting_as(nell)
    found = queries.follow_ups.due(nell.user_id, today=TODAY, limit=3)
    assert [row.when(TODAY) for row in found] == [When.OVERDUE] * 3 + [When.TODAY] * 3


def test_whoever_waits_is_counted_once_and_since_last_week_apart(
    make: Make, promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    dana, place = make.contact(), make.organization()
    promised(-9, contact=dana)
    promised(0, contact=dana)
    promised(-1, organization=place)
    promised(3, contact=make.contact())
    promised(-20, contact=make.contact(), snoozed_until_on=day(1))
    acting_as(nell)
    counts = queries.follow_ups.counts(nell.user_id, today=TODAY)
    assert (counts.waiting, counts.waiting_since_last_week) == (2, 1)


@pytest.mark.parametrize("many", [1, 40])
def test_a_page_is_one_statement(
    many: int,
    promised: Callable[..., Interaction],
    make: Make,
    nell: User,
    acting_as: ActAs,
    statements: Callable[..., object],
) -> None:
    makers = [make.principal() for _ in range(3)]
    for _ in range(many):
        promised(0, principals=makers, contact=make.contact())
    acting_as(nell)
    with statements() as seen:  # type: ignore[attr-defined]
        found = rows(nell.user_id)
    assert len(seen) == 1
    assert [len(row.principals) for row in found] == [3] * many


def test_the_predicate_is_the_one_the_index_is_made_for(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs, database: sa.Connection
) -> None:
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("drop index ix_interactions_promises")  # it is in the same order
    for offset in range(-20, 20):
        promised(offset, completed_at=datetime(2026, 11, 23, 12, tzinfo=UTC) if offset % 2 else None)
    acting_as(nell)
    by_text = db.session.scalars(sa.select(Interaction.interaction_id).where(sa.text(OPEN_PROMISE))).all()
    by_query = db.session.scalars(
        sa.select(Interaction.interaction_id).where(queries.follow_ups.is_open("everyone"))
    ).all()
    assert sorted(by_text) == sorted(by_query)
    # With no way to sort, only the index that is in the order of keys is left to the planner.
    db.session.execute(sa.text("set local enable_seqscan = off; set local enable_sort = off"))
    asked = (
        sa.select(Interaction.interaction_id)
        .where(queries.follow_ups.is_open(nell.user_id))
        .order_by(Interaction.follow_up_date, Interaction.interaction_id)
    )
    plan = db.session.execute(
        sa.text("explain " + str(asked.compile(db.engine, compile_kwargs={"literal_binds": True})))
    ).scalars()
    assert "ix_interactions_open_promises" in "\n".join(plan)


def test_what_is_no_promise_cannot_be_asked_for(make: Make, nell: User, acting_as: ActAs) -> None:
    plain = make.interaction(author=nell)
    gone = make.interaction(author=nell, follow_up_date=TODAY, deleted_at=datetime.now(UTC))
    acting_as(nell)
    for number in (plain.interaction_id, gone.interaction_id, 2**62):
        with pytest.raises(NoResultFound):
            queries.follow_ups.get(number)
        with pytest.raises(NoResultFound):
            queries.follow_ups.record(number)


def test_a_team_is_one_level_and_oneself(
    make: Make, nell: User, mara: User, otis: User, acting_as: ActAs
) -> None:
    under_nell = make.user(manager=nell)
    acting_as(otis)
    assert queries.users.team(mara.user_id) == {mara.user_id, nell.user_id}
    assert queries.users.team(nell.user_id) == {nell.user_id, under_nell.user_id}
    assert queries.users.team(otis.user_id) == {otis.user_id}


def test_colleagues_are_those_who_can_sign_in_by_name(make: Make, nell: User, acting_as: ActAs) -> None:
    make.user("Zoe Left", active=False)
    make.user("abel Small")
    acting_as(nell)
    names = [colleague.full_name for colleague in queries.users.colleagues()]
    assert names == ["abel Small", "Mara Lindqvist", "Nell Okafor"]
