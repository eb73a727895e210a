"""The pipeline of a principal: its opportunities by stage, as the board has them."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import MultiDict

from crm import queries, web
from crm.enums import OpportunityStage
from crm.queries.lists import OPPORTUNITIES, Asker, Count, Wanted
from crm.queries.opportunity_board import SLUGS, Card
from crm.queries.opportunity_stages import QUIET_AFTER

bp = Blueprint("principal_pipeline", __name__, url_prefix="/principals")


@dataclass(frozen=True)
class Step:
    """One stage with the first of its opportunities, the latest move first."""

    stage: OpportunityStage
    n: Count
    cards: list[Card]
    limit: int | None
    """Days after which one in it is stale."""
    all_url: str
    """The list of all of them."""


@bp.get("/<int(max=9223372036854775807):principal_id>/pipeline")
def show(principal_id: int) -> Response:
    """Its opportunities by stage, with how quiet each is and what is promised next."""
    context = pipeline(request.args, principal_id)
    return web.render("principal_pipeline/show.html", "principal_pipeline/_content.html", **context)


def pipeline(args: "MultiDict[str, str]", principal_id: int) -> dict[str, Any]:  # noqa: ARG001 - as redrawn
    """What the page shows."""
    today = web.firm_today()
    record = queries.principals.get(principal_id, today=today)
    wanted = Wanted(
        asker=Asker(web.person().user_id, today),
        sort=OPPORTUNITIES.sorts[0],
        is_descending=True,
        filters={"principal": str(principal_id)},
    )
    counts = queries.opportunity_board.counts(wanted)
    parts = queries.opportunity_board.columns(wanted, {})
    return {
        "record": record,
        "done": queries.principal_weeks.tallies([principal_id], today=today).get(principal_id, 0),
        "firm_today": today,
        "counts": counts,
        "steps": [
            Step(
                stage,
                counts.of[stage],
                parts[stage].cards,
                QUIET_AFTER.get(stage),
                url_for("opportunities_list.index", stage=slug, principal=principal_id),
            )
            for slug, stage in SLUGS.items()
            if counts.of[stage].n
        ],
    }


web.redraws("principal_pipeline.show", "principal_pipeline/_content.html", pipeline)
