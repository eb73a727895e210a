"""Limits that stand in a statement's text, for questions that are asked with every page.

PostgreSQL plans a statement that is asked often once and for all, unless that looks dearer than to plan it
anew each time. Of a limit that comes as a value it expects a tenth of all rows, which always looks dearer:
the timeline of a principal took ten times as long to plan as to read.
"""

from typing import Final

import sqlalchemy as sa

LIMIT: Final = sa.bindparam("limit", type_=sa.Integer, literal_execute=True)
"""For statements that are built once: the value comes with the question, and is written into it."""


def at_most(number: int) -> sa.ColumnElement[int]:
    """The limit of a statement that is built for each question; for the few sizes that pages have."""
    return sa.literal_column(str(int(number)), sa.Integer)
