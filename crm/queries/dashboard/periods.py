"""Periods that a person chooses, each with the span before it that it is fairly compared with."""

from datetime import date, timedelta
from enum import StrEnum

from crm.clock import week_of
from crm.queries.spans import Span


class Period(StrEnum):
    """What activity is measured over; each runs up to and including today."""

    WEEK = "week"
    FOUR_WEEKS = "4-weeks"
    MONTH = "month"
    QUARTER = "quarter"


def spans(period: Period, *, today: date) -> tuple[Span, Span]:
    """The period up to `today`, and as many days from the beginning of the one before it.

    A week, month or quarter that has just begun is compared with the first days of the last one, no further
    than to its end; four weeks are the last 28 days and the 28 before.
    """
    if period is Period.FOUR_WEEKS:
        since = today - timedelta(days=27)
        return Span(since, today), Span(since - timedelta(days=28), since - timedelta(days=1))
    since = _begins(period, today)
    before = _begins(period, since - timedelta(days=1))
    until = min(before + (today - since), since - timedelta(days=1))
    return Span(since, today), Span(before, until)


def _begins(period: Period, on: date) -> date:
    if period is Period.WEEK:
        return week_of(on)
    month = on.month if period is Period.MONTH else 3 * ((on.month - 1) // 3) + 1
    return date(on.year, month, 1)
