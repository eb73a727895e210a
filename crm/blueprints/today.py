"""Today: who needs me, how my week goes, who grows cold."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app
from werkzeug.datastructures import MultiDict

from crm import clock, queries, sentences, web
from crm.enums import Role
from crm.queries.promises import When

bp = Blueprint("today", __name__)

LONGEST = 20
"""Rows of each group; the rest is a link to Follow-ups."""
COLDEST = 5


@bp.get("/")
def index() -> Response:
    """What is overdue and due today, the week by principal, what grows cold, what was logged lately."""
    return web.render("today/index.html", "today/_content.html", **content(MultiDict()))


def content(_: MultiDict[str, str]) -> dict[str, Any]:
    """Everything that the page shows."""
    me, today, now = web.person(), web.today(), clock.now()
    zone = current_app.config["SETTINGS"].firm_timezone
    firm_today = clock.today_for(zone, now)
    counts = queries.follow_ups.counts(me.user_id, today=today)
    due = queries.follow_ups.due(me.user_id, today=today, limit=LONGEST)
    pace = queries.today.pace(me.user_id, today=firm_today, zone=zone)
    cold = queries.principals.going_cold(
        today=firm_today, limit=COLDEST, owner_id=me.user_id if me.role is Role.REP else None
    )
    return {
        "greeting": sentences.greeting(me.first_name, now.astimezone(ZoneInfo(me.time_zone)).hour),
        "lede": sentences.waiting(counts, today, cold[0] if cold else None),
        "counts": counts,
        "overdue": [promise for promise in due if promise.when(today) is When.OVERDUE],
        "due_today": [promise for promise in due if promise.when(today) is When.TODAY],
        "week": queries.today.week(me.user_id, today=firm_today),
        "pace": sentences.pace(pace, firm_today),
        "deeds": sentences.deeds(pace.today),
        "firm_today": firm_today,
        "cold": [(standing, sentences.cold(standing, today)) for standing in cold],
        "logged": queries.today.lately(me.user_id),
        "is_rep": me.role is Role.REP,
    }


web.redraws("today.index", "today/_content.html", content)
