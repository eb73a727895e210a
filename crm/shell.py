"""What the frame around every page shows: who is signed in, what day it is for them, how much is overdue.

Floor 5. Figures are asked for when a template shows them, so a fragment without the frame asks nothing.
"""

from collections.abc import Callable

from flask import g
from flask_security import current_user

from crm import clock, frame, policy, web
from crm.config import Settings
from crm.db import db
from crm.models import User


class Badges:
    """Counts beside the names in the navigation; the same question as the lists they lead to."""

    @property
    def overdue(self) -> int:
        """Open promises of the person signed in whose day has passed."""
        return frame.counts().overdue

    @property
    def unread(self) -> int:
        """News that they have not read."""
        return frame.counts().unread


FIRM_PAGES: list[tuple[str, str, str, Callable[[User], bool]]] = [
    ("people", "People", "/team", lambda _: True),
    ("audit", "Audit trail", "/audit", policy.may_read_audit),
    ("goals", "Goals", "/admin/goals", policy.may_set_goals),
    ("picklists", "Picklists", "/admin/picklists", policy.may_keep_words),
    ("tags", "Tags", "/admin/tags", policy.may_keep_words),
    ("flags", "Features", "/admin/flags", policy.may_switch_features),
]
"""The pages about the firm itself: key, name, address, and whose they are."""


def context(settings: Settings) -> dict[str, object]:
    """Names that every template may use."""
    is_signed_in = bool(current_user) and current_user.is_authenticated and not _is_broken()
    zone = current_user.time_zone if is_signed_in else settings.firm_timezone
    return {
        "firm_name": settings.firm_name,
        "today": clock.today_for(zone, clock.now()),
        "zone": zone,
        "live_since": f"{g.begun_at.timestamp():.3f}" if "begun_at" in g else "0",
        "badges": g.setdefault("badges", Badges()),
        "active": "",
        "firm_pages": [page[:3] for page in FIRM_PAGES if is_signed_in and page[3](web.person())],
        "is_out_of_band": False,
        "new_request_key": web.new_request_key,
        "is_admin": is_signed_in and policy.may_see_operations(web.person()),
        "inbox_available": settings.inbox_dir is not None,
    }


def _is_broken() -> bool:
    """True after the database failed in this request: the error page must not ask it again."""
    return not db.session().is_active
