"""A book as the tests look at it: the day of everything, and which principals an interaction counts for."""

from collections import defaultdict
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from crm.services.demo import SIZES, Frame, book
from crm.services.demo.rows import InteractionRow

SUNDAY = date(2026, 11, 22)
MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
BOXING_DAY = date(2026, 12, 26)
MIDSUMMER = date(2027, 7, 1)
DAYS = (SUNDAY, MONDAY, TUESDAY, BOXING_DAY, MIDSUMMER)
IN_EVERY_RUN = (SUNDAY, MONDAY, BOXING_DAY)
"""The end of a week, its beginning and a holiday: to make a book of a brokerage takes a second or two."""
EVERY_DAY = pytest.mark.parametrize(
    "today",
    [pytest.param(day, marks=() if day in IN_EVERY_RUN else pytest.mark.long) for day in DAYS],
    ids=str,
)

ZONE = "America/Chicago"


class View:
    """A generated book with what can be told from it."""

    def __init__(self, size: str, today: date, seed: int = 7) -> None:
        self.today = today
        self.frame = Frame(seed, today, ZONE, SIZES[size])
        self.book = book.make(self.frame)
        self.names = {row.organization_id: row.name for row in self.book.organizations}
        self._of_deal: dict[int, set[int]] = defaultdict(set)
        for product in self.book.opportunity_products:
            maker = self.book.products[product.product_id - 1].principal_id
            self._of_deal[product.opportunity_id].add(maker)
        for chosen in self.book.opportunity_principals:
            self._of_deal[chosen.opportunity_id].add(chosen.principal_id)
        self._named: dict[int, set[int]] = defaultdict(set)
        for named in self.book.interaction_principals:
            self._named[named.interaction_id].add(named.principal_id)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(ZONE)).date()

    def makers(self, row: InteractionRow) -> set[int]:
        """The principals that an interaction counts for."""
        return self._of_deal[row.opportunity_id or 0] | self._named[row.interaction_id]

    def touch_days(self) -> dict[str, list[date]]:
        """The days of touches by the principal's name, in order, a day for each touch."""
        days: dict[str, list[date]] = {row.name: [] for row in self.book.organizations if row.is_principal}
        for row in self.book.interactions:
            for maker in self.makers(row) if row.is_touch else ():
                days[self.names[maker]].append(self.day(row.interaction_date))
        return days

    def open_promises(self, owner: int | None) -> list[InteractionRow]:
        return [
            row
            for row in self.book.interactions
            if row.follow_up_required and row.completed_at is None and row.owner_id == owner
        ]


@cache
def broker(today: date = SUNDAY) -> View:
    """The book of a brokerage on a day; made once."""
    return View("broker", today)


@cache
def small(today: date = SUNDAY) -> View:
    return View("small", today)
