"""What the database knows of the firm."""

import sqlalchemy as sa

from crm.db import db
from crm.models import FirmSetting


def time_zone() -> str:
    """The zone of the firm's days and weeks. Raises `NoResultFound` before `flask db upgrade` has run."""
    return db.session.execute(sa.select(FirmSetting.time_zone)).scalar_one()
