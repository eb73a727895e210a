"""The pages of a list, the same for every noun: the list, its files, changes of many rows, saved views.

`of(listing)` makes the blueprint of one; a noun's own module is a line (`organization_list.py`).
"""

from flask import Blueprint

from crm import web
from crm.blueprints import schedules
from crm.blueprints.lists.changes import Changes
from crm.blueprints.lists.exports import Exports
from crm.blueprints.lists.reading import Reading, narrowed
from crm.blueprints.lists.views import Views
from crm.blueprints.schedules import Source
from crm.queries.lists import Listing
from crm.queries.schedules import SUBJECTS

__all__ = ["narrowed", "of"]


def of(listing: Listing, *, new: str = "", new_as: str = "", board: str = "") -> Blueprint:
    """The blueprint of one list, at `/<name>`; `new` is the endpoint at which another row is made, `new_as`
    what its form begins as; `board` shows the same rows, asked for the same way, as a board.
    """
    bp = Blueprint(f"{listing.name}_list", __name__, url_prefix=f"/{listing.name}")
    reading = Reading(listing, bp.name, new, new_as, board)
    exports, changes, views = Exports(listing, bp.name), Changes(listing, bp.name), Views(listing, bp.name)
    bp.get("", endpoint="index")(reading.index)
    bp.get("/export.csv", endpoint="export")(exports.export)
    bp.post("/exports", endpoint="export_all")(web.once(exports.export_all))
    bp.get("/changes/new", endpoint="confirm")(changes.confirm)
    bp.post("/changes", endpoint="change")(web.once(changes.change))
    bp.post("/changes/<int(max=9223372036854775807):job_id>/return", endpoint="put_back")(
        web.once(changes.put_back)
    )
    bp.get("/views/new", endpoint="name_view")(views.name_view)
    bp.post("/views", endpoint="save_view")(web.once(views.save_view))
    bp.post("/views/<int(max=9223372036854775807):saved_view_id>/deletion", endpoint="delete_view")(
        web.once(views.delete_view)
    )
    if listing.model in SUBJECTS:
        schedules.add(
            bp, Source(listing=listing, noun=listing.noun, nouns=listing.nouns, choose=changes.choose)
        )
    web.redraws(f"{bp.name}.index", "lists/_content.html", reading.content)
    return bp
