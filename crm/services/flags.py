"""Switching features."""

from collections.abc import Collection

import sqlalchemy as sa

from crm.db import db
from crm.enums import Role
from crm.errors import Refused
from crm.models import FeatureFlag
from crm.queries.flags import KNOWN


def switch(
    name: str,
    *,
    is_on: bool,
    roles: Collection[Role] = (),
    people: Collection[int] = (),
    percent: int = 0,
) -> None:
    """Switch a feature off, or on for everybody, or for `roles`, for `people` by their number, and for
    `percent` of everybody. It counts from the next request on, and stands in the history.

    Raises `Refused` for a feature that there is not, or a percentage that is none. Only admins and commands
    may (`set_feature_flag`).
    """
    if name not in KNOWN:
        raise Refused(f"There is no feature {name}. There are: {', '.join(KNOWN)}.")
    if not 0 <= percent <= 100:
        raise Refused("A part of everybody is from 0 to 100 percent.", field="percent")
    is_for_some = is_on and set(roles) != set(Role) and percent != 100
    change = sa.func.set_feature_flag(
        name,
        is_on,
        sa.cast(sorted(set(roles)) if is_for_some else [], FeatureFlag.roles.type),
        sa.cast(sorted(set(people)) if is_for_some else [], FeatureFlag.people.type),
        percent if is_for_some else 0,
    )
    db.session.execute(sa.select(change))
    db.session.expire_all()
