"""The ledger of promises: how each ended, what happened on the way, and the share that was kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from crm import queries, services
from crm.models import Interaction, User
from crm.queries.ledger import Asked, End
from tests.factories import Make

TODAY = date(2026, 11, 24)
SINCE = TODAY - timedelta(days=27)
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
ZONE = "America/Chicago"

ActAs = Callable[[User], None]


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


@pytest.fixture
def promised(make: Make, nell: User) -> Callable[..., Interaction]:
    """`promised(-3, kept=-4)`: something due three days ago and completed the day before that."""

    def promise(offset: int, *, kept: int | None = None, **columns: object) -> Interaction:
        completed = None if kept is None else NOW + timedelta(days=kept)
        return make.interaction(
            **{"follow_up_date": day(offset), "author": nell, "completed_at": completed} | columns  # type: ignore[arg-type]
        )

    return promise


def test_a_promise_is_kept_late_or_not_kept_by_the_day_it_was_promised_for_last(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    promised(-1, kept=-1)
    promised(-5, kept=-9)
    promised(-5, kept=-2)
    promised(-5)
    promised(0)
    promised(1)  # not due yet
    promised(-28)  # before the weeks that are asked for
    acting_as(nell)
    asked = Asked(SINCE, TODAY)
    (share,) = queries.ledger.shares(asked)
    assert share.ends == {End.KEPT: 2, End.LATE: 1, End.OPEN: 1, End.WAITING: 1}
    assert (share.due, share.percent) == (4, 50)
    rows, _ = queries.ledger.page(asked)
    ends = [queries.ledger.end_of(row, today=TODAY, zone=ZONE) for row in rows]
    assert ends == [End.WAITING, End.KEPT, End.OPEN, End.LATE, End.KEPT]


def test_each_figure_counts_the_rows_it_leads_to(
    promised: Callable[..., Interaction], make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    bakery, mill = make.principal("Amberfold"), make.principal("Oldfen")
    promised(-2, kept=-2, principals=[bakery, mill])
    promised(-2, principals=[mill])
    promised(-2, kept=-1, owner=otis, principals=[mill])
    promised(-3, owner=None, author=None)
    acting_as(nell)
    asked = Asked(SINCE, TODAY)
    for share in queries.ledger.shares(asked):
        for end, n in share.ends.items():
            if share.of:
                rows, _ = queries.ledger.page(Asked(SINCE, TODAY, keeper=share.of.number), end=end)
                assert len(rows) == n
    makers = queries.ledger.shares_of_principals(asked)
    assert [(share.of and share.of.name, share.percent) for share in makers] == [
        ("Oldfen", 33),
        ("Amberfold", 100),
    ]
    for share in makers:
        assert share.of
        for end, n in share.ends.items():
            rows, _ = queries.ledger.page(Asked(SINCE, TODAY, principal=share.of.number), end=end)
            assert len(rows) == n
    assert queries.ledger.shares(asked)[-1].of is None


def test_pages_follow_one_another_without_a_gap(
    promised: Callable[..., Interaction], nell: User, acting_as: ActAs
) -> None:
    made = {promised(-(n // 2)).interaction_id for n in range(9)}
    acting_as(nell)
    seen, after = [], None
    while True:
        rows, after = queries.ledger.page(Asked(SINCE, TODAY), after=after, limit=4)
        seen += [row.interaction_id for row in rows]
        if after is None:
            break
    assert len(seen) == 9
    assert set(seen) == made


def test_every_move_is_told_in_its_order_with_who_made_it(
    promised: Callable[..., Interaction], nell: User, otis: User, acting_as: ActAs
) -> None:
    promise = promised(-3)
    acting_as(nell)
    services.follow_ups.snooze(promise, until=day(-1))
    services.follow_ups.reschedule(promise, to=day(2))
    services.follow_ups.hand_over(promise, to=otis.user_id)
    services.follow_ups.complete(promise, by=nell, now=NOW)
    services.follow_ups.reopen(promise)
    promise.notes = "Said nothing of the promise"
    acting_as(nell)
    told = queries.ledger.moves([promise.interaction_id])[promise.interaction_id]
    assert [(move.what, move.before, move.after) for move in told] == [
        ("made", None, day(-3)),
        ("snoozed", None, day(-1)),
        ("moved", day(-3), day(2)),
        ("handed", "Nell Okafor", "Otis Brandt"),
        ("completed", None, None),
        ("reopened", None, None),
    ]
    assert {move.by_name for move in told[1:]} == {"Nell Okafor"}


def test_what_talking_with_somebody_may_keep_is_what_was_promised_to_them_mine_first(
    make: Make, nell: User, otis: User, acting_as: ActAs
) -> None:
    school = make.organization("Marlowe Bend")
    marisol, kit = make.contact("Marisol", organization=school), make.contact("Kit", organization=school)
    menu = make.opportunity("Spring menu", organization=school)
    theirs = make.interaction(contact=marisol, author=otis, follow_up_date=day(-9))
    mine = make.interaction(contact=marisol, author=nell, follow_up_date=day(3), opportunity=menu)
    place = make.interaction(organization=school, author=nell, follow_up_date=day(1))
    of_kit = make.interaction(contact=kit, author=nell, follow_up_date=day(2))
    make.interaction(contact=marisol, author=nell, follow_up_date=day(1), completed_at=NOW)
    make.interaction(author=nell, follow_up_date=day(1))
    acting_as(nell)

    def offered(about: str, asked: int | None = None, limit: int = 9) -> set[int]:
        subject = queries.whom.get(about)
        found = queries.follow_ups.keepable(subject, asked=asked, of_user=nell.user_id, limit=limit)
        return {promise.interaction_id for promise in found}

    contact = f"contact:{marisol.contact_id}"
    assert offered(contact) == {theirs.interaction_id, mine.interaction_id, place.interaction_id}
    assert offered(contact, limit=2) == {mine.interaction_id, place.interaction_id}
    assert offered(f"opportunity:{menu.opportunity_id}") == {mine.interaction_id}
    everybody = offered(f"organization:{school.organization_id}")
    assert everybody == {one.interaction_id for one in (theirs, mine, place, of_kit)}
    assert of_kit.interaction_id in offered(contact, asked=of_kit.interaction_id)
    assert offered("contact:0") == set()
