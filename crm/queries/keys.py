"""What the keys of pages are made of, read back from addresses that anybody may have written."""

import re
from datetime import date, datetime


def read_moment(text: str) -> datetime | None:
    """The aware moment that `text` writes in ISO form; None for anything else and years no book reaches."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None and 1900 <= at.year <= 2200 else None


def read_number(text: str) -> int | None:
    """The record's number that `text` writes in plain digits, no longer than PostgreSQL takes; else None."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def read_day(text: str) -> date | None:
    """The day that `text` writes as 2026-11-30; None for anything else and years no book reaches."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if 1900 <= on.year <= 2200 else None
