"""Is a feature on for the person of this request? Asked by views and, as `flags`, by templates.

Floor 5. Read once a request, when first asked. Whatever cannot be read or is not known of counts as off: that
is the safe side.
"""

import structlog
from flask import g
from flask_security import current_user
from sqlalchemy.exc import SQLAlchemyError

from crm import queries
from crm.db import db
from crm.queries.flags import KNOWN, Switch

log = structlog.get_logger()


def is_on(name: str) -> bool:
    """Whether the person signed in has the feature `name`; nobody has any before signing in.

    Raises `KeyError` for a name that is no feature: a slip of the keyboard must not look like "off".
    """
    if name not in KNOWN:
        raise KeyError(name)
    if not current_user.is_authenticated:
        return False
    switch = _switches().get(name)
    return switch is not None and switch.is_on_for(current_user.role, current_user.user_id)


def _switches() -> dict[str, Switch]:
    if "feature_switches" not in g:
        try:
            with db.session.begin_nested():
                g.feature_switches = queries.flags.switches()
        except SQLAlchemyError:
            log.exception("feature flags cannot be read: everything that can be switched is off")
            g.feature_switches = {}
    switches: dict[str, Switch] = g.feature_switches
    return switches
