"""Arranging who stands in while somebody is away."""

from datetime import date

import sqlalchemy as sa

from crm.db import db
from crm.errors import Refused
from crm.models import Cover, User


def arrange(user: User, *, stand_in_id: int, starts_on: date, ends_on: date) -> Cover:
    """Let somebody stand in for `user` on these days, both included. Raises `Refused` where it cannot be."""
    if ends_on < starts_on:
        raise Refused("You cannot be back before you leave. Choose a later day.", field="ends_on")
    stand_in = db.session.get(User, stand_in_id)
    if stand_in is None or not stand_in.active or stand_in is user:
        raise Refused("Choose somebody else who signs in here.", field="stand_in")
    # Two posts at once wait for one another here, so that the look below sees the first one's row.
    db.session.execute(
        sa.select(User.user_id).where(User.user_id == user.user_id).with_for_update(key_share=True)
    )
    taken = sa.select(Cover).where(
        Cover.user_id == user.user_id, Cover.starts_on <= ends_on, Cover.ends_on >= starts_on
    )
    if db.session.scalars(taken).first() is not None:
        raise Refused(
            "Somebody stands in on one of these days already. Take that back first.", field="starts_on"
        )
    cover = Cover(user_id=user.user_id, stand_in_id=stand_in_id, starts_on=starts_on, ends_on=ends_on)
    db.session.add(cover)
    db.session.flush()
    return cover


def take_back(cover: Cover) -> None:
    """They are not away after all, or somebody else will stand in."""
    db.session.delete(cover)
    db.session.flush()
