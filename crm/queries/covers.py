"""Who is away, and who stands in for them."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db
from crm.models import Cover, User
from crm.queries.promises import Named


@dataclass(frozen=True)
class Absence:
    """Somebody is away from one day to another, both included, and somebody else stands in."""

    cover_id: int
    person: Named
    stand_in: Named
    starts_on: date
    ends_on: date


def of(user_id: int, *, today: date) -> list[Absence]:
    """When this person is away, from today on, the next absence first."""
    return _read(_all().where(Cover.user_id == user_id, Cover.ends_on >= today))


def stood_in_for(user_id: int, *, on: date) -> list[Absence]:
    """For whom this person stands in on that day, by name; those who no longer sign in need nobody."""
    return _read(_stood_in_for(), {"stand_in": user_id, "day": on})


@cache
def _stood_in_for() -> "sa.Select[int, int, str, int, str, date, date]":
    day = sa.bindparam("day", type_=sa.Date)
    is_theirs = Cover.stand_in_id == sa.bindparam("stand_in", type_=sa.BigInteger)
    return _all().where(is_theirs, Cover.starts_on <= day, Cover.ends_on >= day)


def stand_ins(*, first_on: date, last_on: date) -> list[Absence]:
    """Every absence that reaches into these days."""
    return _read(_all().where(Cover.starts_on <= last_on, Cover.ends_on >= first_on))


def get(cover_id: int) -> Cover:
    """One row. Raises `sqlalchemy.exc.NoResultFound`."""
    return db.session.execute(sa.select(Cover).where(Cover.cover_id == cover_id)).scalar_one()


@cache
def _all() -> "sa.Select[int, int, str, int, str, date, date]":
    person, stand_in = aliased(User), aliased(User)
    return (
        sa.select(
            Cover.cover_id, person.user_id, person.full_name, stand_in.user_id, stand_in.full_name,
            Cover.starts_on, Cover.ends_on,
        )
        .join(person, person.user_id == Cover.user_id)
        .join(stand_in, stand_in.user_id == Cover.stand_in_id)
        .where(person.active)
        .order_by(Cover.starts_on, person.full_name, Cover.cover_id)
    )  # fmt: skip


def _read(
    chosen: "sa.Select[int, int, str, int, str, date, date]", asked: dict[str, Any] | None = None
) -> list[Absence]:
    return [
        Absence(number, Named(who, name), Named(instead, their_name), starts_on, ends_on)
        for number, who, name, instead, their_name, starts_on, ends_on in db.session.execute(
            chosen, asked or {}
        )
    ]
