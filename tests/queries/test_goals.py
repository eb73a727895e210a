"""Weekly goals: a person's own, else the principal's, else the firm's; the same wherever they are read."""

from collections.abc import Callable
from datetime import date

from crm import queries
from crm.models import User
from tests.factories import Make

TODAY = date(2026, 11, 24)


def test_a_goal_of_ones_own_goes_before_that_of_the_principal(
    make: Make, nell: User, otis: User, acting_as: Callable[[User], None]
) -> None:
    own, shared, plain = (make.principal(name, owner=nell) for name in ("Own", "Shared", "Plain"))
    make.goal(own, 14)
    make.goal(own, 3, of=nell)
    make.goal(shared, 6)
    make.goal(plain, 4, of=otis)
    acting_as(nell)
    ids = [one.organization_id for one in (own, shared, plain)]
    assert [*queries.goals.of(ids).items()] == [*zip(ids, (14, 6, 10), strict=True)]
    hers = queries.goals.of(ids, user_id=nell.user_id)
    assert [*hers.values()] == [3, 6, 10]
    assert queries.goals.of([], user_id=nell.user_id) == {}
    week = queries.today.week(nell.user_id, today=TODAY)
    assert {row.principal_id: row.goal for row in week.principals} == hers
    assert week.goal is None
    rows, _ = queries.principals.page(today=TODAY)
    assert {row.principal_id: row.goal for row in rows} == queries.goals.of(ids)


def test_where_all_goals_are_the_same_the_week_names_it_once(
    make: Make, nell: User, acting_as: Callable[[User], None]
) -> None:
    for name in ("One", "Two"):
        make.goal(make.principal(name, owner=nell), 0)
    acting_as(nell)
    assert queries.today.week(nell.user_id, today=TODAY).goal == 0
