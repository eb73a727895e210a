"""How templates say dates, moments and figures (floor 5). Voice: design, section 4.

Nothing here reads a clock: `today` is the person's day and `zone` their time zone, handed in by the page.
"""

from datetime import date, datetime, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from flask import Flask

from crm import assets, charts, web
from crm.mail import one_line
from crm.queries.promises import dial

NINE = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def day(on: date, today: date) -> str:
    """A day: "Tue 24 Nov", with the year only if it is another one: "Thu 31 Dec 2025"."""
    year = "" if on.year == today.year else f" {on.year}"
    return f"{on:%a} {on.day} {on:%b}{year}"


def long_day(on: date, today: date) -> str:
    """A day in full: "Tuesday 24 November", with the year only if it is another one."""
    year = "" if on.year == today.year else f" {on.year}"
    return f"{on:%A} {on.day} {on:%B}{year}"


def when_day(on: date, today: date) -> str:
    """How far away a day is: "yesterday", "today", "tomorrow", "in 3 days", "8 days ago"."""
    return _distance((on - today).days)


def days_ago(days: int) -> str:
    """How long ago, from whole days since: 0 → "today", 1 → "yesterday", 8 → "8 days ago"."""
    return _distance(-days)


def _distance(days: int) -> str:
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return near[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def lateness(on: date, today: date) -> Literal["overdue", "today", "later"]:
    """Where a promised day stands against the person's day, as the due component colours it."""
    if on < today:
        return "overdue"
    return "today" if on == today else "later"


def clock(at: datetime, zone: str | tzinfo) -> str:
    """The time of day of an aware moment in a zone: "3:40 pm"."""
    there = at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    return f"{there:%I:%M}".lstrip("0") + f" {there:%p}".lower()


def local_day(at: datetime, zone: str | tzinfo) -> date:
    """The day on which an aware moment falls in a zone."""
    return at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone).date()


def moment(at: datetime, zone: str | tzinfo, today: date) -> str:
    """An aware moment in a zone: "Mon 23 Nov, 3:40 pm", with the year only if it is not today's."""
    return f"{day(local_day(at, zone), today)}, {clock(at, zone)}"


def words(n: int) -> str:
    """A figure in running text: "no", "one" to "nine", then digits with separators: "1,204"."""
    return NINE[n] if 0 <= n < len(NINE) else f"{n:,}"


def plural(n: int, noun: str, nouns: str | None = None) -> str:
    """A figure in digits with its noun: "1 interaction", "1,204 interactions"; `nouns` if not noun + s."""
    return f"{n:,} {_noun(n, noun, nouns)}"


def counted(n: int, noun: str, nouns: str | None = None) -> str:
    """A figure in running text with its noun: "three interactions", "no interactions", "12 interactions"."""
    return f"{words(n)} {_noun(n, noun, nouns)}"


def _noun(n: int, noun: str, nouns: str | None) -> str:
    return noun if n == 1 else nouns or f"{noun}s"


def figure(n: int) -> str:
    """A figure in a table or a badge: digits with separators, "1,204"."""
    return f"{n:,}"


def sentence(text: str) -> str:
    """The same text with a capital first letter, the rest as it is: "three overdue" → "Three overdue"."""
    return text[:1].upper() + text[1:]


def tone(number: int) -> int:
    """One of the five avatar colours, always the same one for the same record's number."""
    return number % 5 + 1


def web_address(text: str) -> str:
    """A web address that a link can lead to: https:// in front of one that says no way to get there."""
    return text if text.lower().startswith(("http://", "https://")) else f"https://{text}"


def initials(name: str) -> str:
    """The first letters of the first and last word of a name, for its avatar; "?" for one without any."""
    words = [word for word in name.split() if word[0].isalnum()]
    ends = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0].upper() for word in ends) or "?"


FILTERS = (
    *(day, long_day, when_day, days_ago, lateness),
    *(clock, local_day, moment),
    *(words, plural, counted, figure, sentence, tone, one_line),
    *(dial, web_address, initials),
)


def register(app: Flask) -> None:
    """Offer the filters above, `new_request_key()`, `asset()` and the drawings to every template."""
    app.jinja_env.filters.update({offered.__name__: offered for offered in FILTERS})
    app.jinja_env.globals["new_request_key"] = web.new_request_key
    assets.register(app)
    charts.register(app)
