"""Keeping views of lists."""

import sqlalchemy as sa

from crm.db import db
from crm.errors import Refused
from crm.models import SavedView

MOST = 50
"""Views of one list that one person keeps; a longer menu helps nobody."""


def save(
    list_name: str,
    *,
    name: str,
    query: str,
    columns: list[str],
    is_shared: bool,
    is_default: bool,
    by: int,
) -> SavedView:
    """Keep what a list shows now under a name. A view of the same name that `by` has is replaced.

    Raises `Refused` if `by` has too many views of this list, or it asks more than can be kept.
    """
    if len(query) > 4_000:
        raise Refused("This view asks too much to be kept. Take a filter away.")
    mine = sa.select(SavedView).where(SavedView.user_id == by, SavedView.list_name == list_name)
    view = db.session.scalars(mine.where(sa.func.fold(SavedView.name) == sa.func.fold(name))).one_or_none()
    if view is None:
        if db.session.scalars(sa.select(sa.func.count()).select_from(mine.subquery())).one() >= MOST:
            raise Refused(
                f"You keep {MOST} views of this list already. Delete one of them first.", field="name"
            )
        view = SavedView(user_id=by, list_name=list_name)
    if is_default:
        _forget_default(list_name, by=by, but=name)
    view.name, view.query, view.columns = name, query, columns
    view.is_shared, view.is_default = is_shared, is_default
    db.session.add(view)
    db.session.flush()
    return view


def delete(saved_view_id: int, *, by: int) -> SavedView:
    """Forget a view. Raises `sqlalchemy.exc.NoResultFound` if `by` has no such view."""
    view = db.session.execute(
        sa.select(SavedView).where(SavedView.saved_view_id == saved_view_id, SavedView.user_id == by)
    ).scalar_one()
    db.session.delete(view)
    db.session.flush()
    return view


def _forget_default(list_name: str, *, by: int, but: str) -> None:
    """Only one view of a list is a person's default: the one before is so no more."""
    before = sa.select(SavedView).where(
        SavedView.user_id == by,
        SavedView.list_name == list_name,
        SavedView.is_default,
        sa.func.fold(SavedView.name) != sa.func.fold(but),
    )
    for view in db.session.scalars(before):
        view.is_default = False
    db.session.flush()
