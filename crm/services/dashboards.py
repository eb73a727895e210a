"""What a person keeps of their dashboard and of the list of principals: what they asked last, the order of
the panels, which are hidden, cards or a table.
"""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from crm.db import db
from crm.models import DashboardPreference


def remember(filters: str, *, by: int) -> None:
    """Open the dashboard of user `by` with these filters from now on."""
    _keep(by, filters=filters)


def arrange(panels: Sequence[str], hidden: Sequence[str], *, by: int) -> None:
    """Show user `by` the panels in this order and without those that are hidden."""
    _keep(by, panels=list(panels), hidden=list(hidden))


def show_principals(view: str, *, by: int) -> None:
    """Show user `by` the list of principals as `cards` or as a `table` from now on."""
    _keep(by, principals_as=view)


def _keep(by: int, **values: object) -> None:
    row = insert(DashboardPreference).values(user_id=by, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=[DashboardPreference.user_id], set_=values))
