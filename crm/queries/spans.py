"""Spans of days of the firm, as addresses write them and as conditions of a query."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from crm.queries.keys import read_day


@dataclass(frozen=True)
class Span:
    """From one day of the firm to another, both included. Written `2026-11-23.2026-11-29` in addresses."""

    since: date
    until: date

    def __str__(self) -> str:
        return f"{self.since.isoformat()}.{self.until.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> "Span | None":
        """The span that `text` writes, or None if it is none."""
        first, _, last = text.partition(".")
        since, until = read_day(first), read_day(last)
        return cls(since, until) if since and until and since <= until else None

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def holds(self, moment: Any) -> sa.ColumnElement[bool]:
        """True for moments on these days of the firm, by an index on them."""
        return sa.and_(moment >= begins(self.since), moment < begins(self.until + timedelta(days=1)))

    def counts(self, moment: Any) -> sa.ColumnElement[bool]:
        """As `holds`, for the filter of an aggregate: when days begin is found out once, not for each row."""
        first, end = (
            sa.select(begins(on)).scalar_subquery() for on in (self.since, self.until + timedelta(days=1))
        )
        return sa.and_(moment >= first, moment < end)


def begins(on: date) -> sa.ColumnElement[Any]:
    """The moment at which a day of the firm begins."""
    return sa.func.timezone(sa.func.firm_zone(), sa.cast(on, sa.DateTime))
