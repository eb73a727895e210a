"""Is a feature on for the person of this request? Asked by views and, as `is_on`, by templates.

Floor 5. Read once a request, when first asked. Whatever cannot be read or is not known of counts as off: that
is the safe side. What is off is gone: nothing leads to its addresses (`PLACES`), they tell why they do not
answer, and its work waits (`crm.queries.flags.WORK`). Nothing of it is lost.
"""

import functools
from fnmatch import fnmatchcase
from typing import Final

from flask import Flask, request
from flask_security import current_user

from crm import bearer, frame
from crm.errors import SwitchedOff
from crm.queries.flags import KNOWN, WORK

PLACES: Final = {
    "api": ("api.*", "api_docs.*", "tokens.*"),
    "board": ("opportunity_board.*",),
    "bulk-changes": (
        *("*_list.confirm", "*_list.change", "*_list.new_schedule", "*_list.schedule"),
        *("principals.new_schedule", "principals.schedule"),
        *("api.change_some_*", "api.change_all_*", "api.schedule_for_*"),
    ),
    "bulk-moves": ("follow_up_moves.create",),
    "dashboard-details": (
        "dashboard.stale",
        "dashboard.momentum",
        "dashboard.coverage",
        "dashboard.scorecards",
    ),
    "duplicates": ("duplicates.*",),
    "exports": (
        *("*_list.export", "*_list.export_all", "principals.export", "audit.export"),
        *("jobs.export", "jobs.file", "api.create_export", "api.read_file_of_job"),
    ),
    "imports": ("imports.*", "api.*_import", "api.*_imports", "api.list_import_rows"),
    "legacy": ("legacy.*",),
}
"""The endpoints of each feature. The calendar asks for itself, once it knows whose it is; live updates are no
page.
"""


def init(app: Flask) -> None:
    """Let templates ask (`is_on`), and nobody come where a feature is off."""
    app.jinja_env.globals["is_on"] = is_on
    app.before_request(_guard)


def is_on(name: str) -> bool:
    """Whether the person signed in has the feature `name`; nobody has any before signing in.

    Raises `KeyError` for a name that is no feature: a slip of the keyboard must not look like "off".
    """
    if name not in KNOWN:
        raise KeyError(name)
    if not current_user.is_authenticated:
        return False
    switch = frame.switches().get(name)
    return switch is not None and switch.is_on_for(current_user.role, current_user.user_id)


def is_work_on(kind: str) -> bool:
    """The same of the feature that a kind of job belongs to; True of a kind that is always done."""
    return kind not in WORK or is_on(WORK[kind])


def must_be_on(name: str) -> None:
    """Raises `SwitchedOff` for a feature that the person does not have."""
    if not is_on(name):
        raise SwitchedOff(
            f"{KNOWN[name].title} are switched off for now. Nothing is lost: all of it is there again when "
            "an admin switches them on."
        )


def _guard() -> None:
    """Before a request: nobody comes to an address of a feature that they do not have. What strangers may
    read stands open: nobody is named there whose features could be asked for.
    """
    endpoint = request.endpoint or ""
    if endpoint in bearer.PUBLIC or not current_user.is_authenticated:
        return
    for name in places_of(endpoint):
        must_be_on(name)


@functools.cache
def places_of(endpoint: str) -> tuple[str, ...]:
    """The features that an endpoint belongs to."""
    return tuple(
        name for name, places in PLACES.items() if any(fnmatchcase(endpoint, place) for place in places)
    )
