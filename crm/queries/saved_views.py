"""Views of lists that people keep under a name: their own, and those that others share."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

import sqlalchemy as sa

from crm.db import db
from crm.models import SavedView, User

MOST = 200


@dataclass(frozen=True)
class View:
    """One view as its reader sees it; `query` and `columns` are as the address of the list has them."""

    saved_view_id: int
    name: str
    query: str
    columns: tuple[str, ...]
    is_shared: bool
    is_default: bool
    """Whether its own person opens the list with it."""
    is_mine: bool
    owner_name: str

    @property
    def said(self) -> list[tuple[str, str]]:
        """What it asks, as arguments of an address."""
        columns = [("columns", ",".join(self.columns))] if self.columns else []
        return parse_qsl(self.query) + columns


def of(list_name: str, user_id: int) -> list[View]:
    """The views of a list that this user may use: their own by name, then what others share."""
    is_mine = (SavedView.user_id == user_id).label("is_mine")
    rows = db.session.execute(
        sa.select(SavedView, is_mine, User.full_name)
        .join(User, User.user_id == SavedView.user_id)
        .where(SavedView.list_name == list_name, sa.or_(is_mine, SavedView.is_shared))
        .order_by(is_mine.desc(), sa.func.fold(SavedView.name), SavedView.saved_view_id)
        .limit(MOST)
    )
    return [
        View(
            saved_view_id=view.saved_view_id,
            name=view.name,
            query=view.query,
            columns=tuple(view.columns),
            is_shared=view.is_shared,
            is_default=view.is_default,
            is_mine=mine,
            owner_name=owner_name,
        )
        for view, mine, owner_name in rows
    ]
