"""What the frame of every page asks: what is overdue and unread, and how features are switched.

Floor 5. Once a request, when first needed; a whole page asks for both in one question.
"""

from datetime import date

import structlog
from flask import g, request
from sqlalchemy.exc import SQLAlchemyError

from crm import bearer, clock, queries, web
from crm.db import db
from crm.queries.badges import Counts
from crm.queries.flags import Switch

log = structlog.get_logger()

BARE = (*bearer.DOORS, "live")
"""The blueprints whose answers are no pages."""


def switches() -> dict[str, Switch]:
    """How each feature is switched; empty if that cannot be read."""
    if "switches" not in g:
        try:
            g.switches = _asked_in_passing() if _is_whole() and _is_outermost() else _asked_apart()
        except SQLAlchemyError:
            log.exception("feature flags cannot be read: everything that can be switched is off")
            g.switches = {}
    found: dict[str, Switch] = g.switches
    return found


def _asked_in_passing() -> dict[str, Switch]:
    """Without a savepoint, which would be two questions more for each page: where all is rolled back, a page
    that is only read loses the note that it was looked at, and no more.
    """
    try:
        return _with_counts()
    except SQLAlchemyError:
        db.session.rollback()
        raise


def _asked_apart() -> dict[str, Switch]:
    with db.session.begin_nested():
        return _with_counts() if _is_whole() else queries.flags.switches()


def counts() -> Counts:
    """What waits for the person signed in; the same question as the lists they lead to."""
    if _is_whole():
        switches()
    if "counts" not in g:
        g.counts = queries.badges.counts(web.person().user_id, today=_today())
    found: Counts = g.counts
    return found


def count_anew() -> None:
    """Something was read or done that the counts may tell of."""
    g.pop("counts", None)


def _with_counts() -> dict[str, Switch]:
    g.counts, found = queries.badges.counts_and_switches(web.person().user_id, today=_today())
    return found


def _is_whole() -> bool:
    """Whether a whole page is asked for, which shows the counts and changes nothing."""
    is_page = not web.is_fragment() or "HX-Live" in request.headers
    return request.method == "GET" and is_page and request.blueprint not in BARE and "counts" not in g


def _is_outermost() -> bool:
    """Whether nobody around would lose a savepoint of theirs."""
    return not db.session().in_nested_transaction()


def _today() -> date:
    return clock.today_for(web.person().time_zone, clock.now())
