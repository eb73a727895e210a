"""The ledger of promises: where each came from, every move, how it ended, and the share that was kept."""

from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MultiDict

from crm import queries, sentences, web
from crm.forms.ledger import WEEKS, Filter
from crm.queries.ledger import End, Share
from crm.queries.promises import Named

bp = Blueprint("ledger", __name__, url_prefix="/follow-ups/ledger")


@bp.get("")
def index() -> Response:
    """What was promised for the last weeks, by keeper and by principal, and promise by promise."""
    return web.render("ledger/index.html", "ledger/_content.html", **content(request.args))


def content(args: MultiDict[str, str]) -> dict[str, Any]:
    """Everything that the page shows."""
    form, today = Filter.read(args), web.firm_today()
    asked = form.asked(today)
    keepers = queries.ledger.shares(asked)
    rows, next_key = queries.ledger.page(asked, end=form.end, after=form.after)
    zone = current_app.config["SETTINGS"].firm_timezone
    ends = {end: sum(share.ends[end] for share in keepers) for end in End}
    return {
        "form": form,
        "since": asked.since,
        "spans": WEEKS,
        "keepers": keepers,
        "makers": queries.ledger.shares_of_principals(asked),
        "ends": ends,
        "lede": sentences.kept(Share(None, ends), since=asked.since, today=today),
        "keeper": queries.users.colleague(form.keeper) if form.keeper else None,
        "principal": _principal(form.principal),
        "rows": [(row, queries.ledger.end_of(row, today=today, zone=zone)) for row in rows],
        "moves": queries.ledger.moves([row.interaction_id for row in rows]),
        "next_key": str(next_key) if next_key else "",
        "firm_today": today,
    }


def _principal(number: int | None) -> Named | None:
    """The principal that is asked for. Raises `NoResultFound` for none of ours."""
    return Named(number, queries.organizations.record(number).name) if number else None


web.redraws("ledger.index", "ledger/_content.html", content)
