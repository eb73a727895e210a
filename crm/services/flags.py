"""Switching features."""

from collections.abc import Collection

import sqlalchemy as sa

from crm.db import db
from crm.enums import Role
from crm.errors import Refused
from crm.models import FeatureFlag
from crm.queries.flags import KNOWN


def switch(name: str, *, is_on: bool, roles: Collection[Role] = ()) -> None:
    """Switch a feature off, or on for everybody, or for `roles` alone. It counts from the next request on.

    Raises `Refused` for a feature that there is not. Only admins and commands may (`set_feature_flag`).
    """
    if name not in KNOWN:
        raise Refused(f"There is no feature {name}. There are: {', '.join(KNOWN)}.")
    chosen = sorted(set(roles)) if is_on and set(roles) != set(Role) else []
    change = sa.func.set_feature_flag(name, is_on, sa.cast(chosen, FeatureFlag.roles.type))
    db.session.execute(sa.select(change))
    db.session.expire_all()
