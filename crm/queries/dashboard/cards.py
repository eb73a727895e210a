"""The cards of principals: how each stands, its week, its products, its next step; one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from crm import clock
from crm.db import db
from crm.models import Interaction, InteractionPrincipal, principal_touches
from crm.queries import follow_ups, standings
from crm.queries.principals import NOT_CONTACTED
from crm.queries.products import Glimpse
from crm.queries.standings import Book, Standing


@dataclass(frozen=True)
class NextStep:
    """The open promise about a principal that is due first, whoever keeps it."""

    interaction_id: int
    follow_up_date: date
    what: str


@dataclass(frozen=True)
class Card:
    """One principal; `glimpse` is None without products, `next_step` without a promise."""

    standing: Standing
    done: int
    """Its touches in the firm's week."""
    glimpse: Glimpse | None
    next_step: NextStep | None


_PRODUCTS = """
    select json_agg(json_build_array(p.name, p.category) order by p.name_key, p.product_id)
               filter (where p.place <= :each) as products,
           array_agg(distinct p.category) filter (where p.category is not null) as categories
      from (select name, name_key, product_id, category,
                   row_number() over (order by name_key, product_id) as place
              from products where principal_id = shown.principal_id and deleted_at is null) as p
"""


def of(
    *, today: date, words: Collection[str], book: Book, level: str | None, at_most: int, each: int
) -> tuple[list[Card], int]:
    """The coldest principals that are asked for, no more than `at_most`, each with its first `each` products;
    and how many are asked for. `words`, `book` and `level` as in `principals.page`.
    """
    standing = standings.select(today, words=words, book=book)
    query = sa.select(standing, sa.func.count().over().label("total"))
    if level is not None:
        query = query.where(sa.func.coalesce(standing.c.level, NOT_CONTACTED) == level)
    shown = query.order_by(*_coldest(standing)).limit(at_most).cte("shown")
    done = (
        sa.select(sa.func.coalesce(sa.func.sum(principal_touches.c.n), 0))
        .where(
            principal_touches.c.principal_id == shown.c.principal_id,
            principal_touches.c.week_on == clock.week_of(today),
        )
        .scalar_subquery()
    )
    products = (
        sa.text(_PRODUCTS)
        .bindparams(each=each)
        .columns(sa.column("products", sa.JSON), sa.column("categories", sa.ARRAY(sa.Text)))
        .lateral("line_card")
    )
    step = _next_steps(shown, today)
    rows = db.session.execute(
        sa.select(
            shown,
            done.label("done"),
            products.c.products,
            products.c.categories,
            *(c.label(f"step_{c.name}") for c in step.c),
        )
        .select_from(shown)
        .join(products, sa.true())
        .outerjoin(step, step.c.principal_id == shown.c.principal_id)
        .order_by(*_coldest(shown))
    ).all()
    return [_card(row) for row in rows], rows[0].total if rows else 0


def _coldest(row: Any) -> list[Any]:
    return [row.c.last_at.nulls_first(), row.c.name_key, row.c.principal_id]


def _next_steps(shown: Any, today: date) -> Any:
    """The first open promise of each shown principal.

    From the open promises, which are few, to their principals one by one: `offset 0` keeps the planner from
    reading the links of all principals instead.
    """
    open_ones = (
        sa.select(Interaction.interaction_id, Interaction.follow_up_date, _what().label("what"))
        .where(follow_ups.is_open("everyone"), follow_ups.is_awake(today))
        .cte("open_ones")
        .prefix_with("materialized")
    )
    of_one = (
        sa.select(InteractionPrincipal.principal_id)
        .where(InteractionPrincipal.interaction_id == open_ones.c.interaction_id)
        .offset(sa.literal_column("0"))
        .lateral("of_one")
    )
    return (
        sa.select(of_one.c.principal_id, *open_ones.c)
        .ext(distinct_on(of_one.c.principal_id))
        .select_from(open_ones)
        .join(of_one, sa.true())
        .where(of_one.c.principal_id.in_(sa.select(shown.c.principal_id)))
        .order_by(of_one.c.principal_id, open_ones.c.follow_up_date, open_ones.c.interaction_id)
        .subquery("next_steps")
    )


def _what() -> sa.ColumnElement[str]:
    """The promise in a few words."""
    return sa.func.coalesce(
        sa.func.nullif(sa.func.btrim(Interaction.follow_up_note), ""),
        sa.func.nullif(sa.func.btrim(Interaction.subject), ""),
        "Follow up",
    )


def _card(row: sa.Row[Any]) -> Card:
    glimpse = (
        Glimpse([(name, category) for name, category in row.products], row.categories or [])
        if row.products
        else None
    )
    step = (
        NextStep(row.step_interaction_id, row.step_follow_up_date, row.step_what)
        if row.step_interaction_id is not None
        else None
    )
    return Card(standings.read(row), row.done, glimpse, step)
