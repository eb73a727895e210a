"""Moving all that is overdue at once: exactly what was seen, only what one may move, and back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import NoResultFound

from crm import queries, services
from crm.db import db
from crm.errors import Refused
from crm.models import Interaction, User
from crm.queries.follow_ups import Whose
from crm.services.follow_up_moves import MOST, Moved
from tests.factories import Make

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)
TOMORROW = TODAY + timedelta(days=1)

As = Callable[[User], None]


@pytest.fixture
def promised(make: Make, nell: User) -> Callable[..., Interaction]:
    def promise(offset: int, **columns: Any) -> Interaction:
        return make.interaction(
            **{"follow_up_date": TODAY + timedelta(days=offset), "author": nell, "is_touch": False} | columns
        )

    return promise


def mark(whose: Whose) -> str:
    return queries.follow_ups.counts(whose, today=TODAY).overdue_mark


def move(by: User, whose: Whose | None = None, **changed: Any) -> Moved:
    of: Whose = by.user_id if whose is None else whose
    asked = {"mark": mark(of), "may_move": lambda owner: owner in (None, by.user_id)} | changed
    return services.follow_up_moves.move_overdue(
        of, to=TOMORROW, by=by.user_id, today=TODAY, now=NOW, **asked
    )


def day_of(promise: Interaction) -> date | None:
    db.session.expire(promise)
    return promise.follow_up_date


def test_all_that_is_overdue_moves_and_nothing_else(
    promised: Callable[..., Interaction], nell: User, otis: User, acting_as: As
) -> None:
    late, later = promised(-1), promised(-30, snoozed_until_on=TODAY)
    others = [
        promised(0),
        promised(3),
        promised(-2, owner=otis),
        promised(-2, snoozed_until_on=TOMORROW),
        promised(-2, completed_at=NOW),
    ]
    days = [promise.follow_up_date for promise in others]
    acting_as(nell)
    assert move(nell).moved == 2
    assert (day_of(late), day_of(later)) == (TOMORROW, TOMORROW)
    assert (late.times_rescheduled, later.snoozed_until_on, late.version) == (1, None, 2)
    assert [day_of(promise) for promise in others] == days
    assert queries.follow_ups.overdue_count(nell.user_id, today=TODAY) == 0


def test_what_others_keep_stays_and_is_counted(
    promised: Callable[..., Interaction], make: Make, nell: User, otis: User, acting_as: As
) -> None:
    his, mine = promised(-2, owner=otis), promised(-2)
    nobodys = make.interaction(follow_up_date=TODAY - timedelta(days=4))
    acting_as(nell)
    moved = move(nell, "everyone")
    assert (moved.moved, moved.left) == (2, 1)
    assert [day_of(row) for row in (mine, nobodys)] == [TOMORROW, TOMORROW]
    assert day_of(his) == TODAY - timedelta(days=2)


def test_a_list_that_holds_only_others_promises_is_refused(
    promised: Callable[..., Interaction], nell: User, otis: User, acting_as: As
) -> None:
    promised(-2, owner=otis)
    acting_as(nell)
    with pytest.raises(Refused, match="others' promises"):
        move(nell, otis.user_id)


@pytest.mark.parametrize("change", ["one more", "one less", "another"])
def test_a_list_that_is_not_the_one_that_was_seen_is_refused(
    change: str, promised: Callable[..., Interaction], nell: User, acting_as: As
) -> None:
    first = promised(-2)
    acting_as(nell)
    seen = mark(nell.user_id)
    if change != "one less":
        promised(-5)
    if change != "one more":
        services.follow_ups.complete(first, by=nell, now=NOW)
    with pytest.raises(Refused, match="changed since you opened it"):
        move(nell, mark=seen)


@pytest.mark.slow
def test_more_than_one_request_takes_is_refused_with_the_way_out(
    promised: Callable[..., Interaction], make: Make, nell: User, acting_as: As
) -> None:
    at = make.organization()
    for _ in range(MOST + 1):
        promised(-2, organization=at)
    acting_as(nell)
    with pytest.raises(Refused, match="Choose one person's list"):
        move(nell)
    assert queries.follow_ups.overdue_count(nell.user_id, today=TODAY) == MOST + 1


def test_a_move_is_taken_back_but_for_what_was_changed_since(
    promised: Callable[..., Interaction], nell: User, acting_as: As
) -> None:
    old, older, kept = promised(-2), promised(-9), promised(-3)
    acting_as(nell)
    moved = move(nell)
    services.follow_ups.complete(kept, by=nell, now=NOW)
    back = services.follow_up_moves.put_back(moved.job_id, by=nell.user_id, now=NOW)
    assert (back.returned, back.left) == (2, 1)
    assert [day_of(row) for row in (old, older, kept)] == [
        TODAY - timedelta(days=2),
        TODAY - timedelta(days=9),
        TOMORROW,
    ]
    assert old.times_rescheduled == 0
    with pytest.raises(Refused, match="taken back already"):
        services.follow_up_moves.put_back(moved.job_id, by=nell.user_id, now=NOW)


def test_only_who_moved_takes_back_and_only_for_a_day(
    promised: Callable[..., Interaction], nell: User, otis: User, acting_as: As
) -> None:
    promised(-2)
    acting_as(nell)
    moved = move(nell)
    with pytest.raises(Refused, match="more than a day ago"):
        services.follow_up_moves.put_back(
            moved.job_id, by=nell.user_id, now=NOW + timedelta(hours=24, minutes=1)
        )
    acting_as(otis)
    with pytest.raises(NoResultFound):
        services.follow_up_moves.put_back(moved.job_id, by=otis.user_id, now=NOW)
