"""A person's follow-ups as a calendar that their calendar program reads.

Floor 5. Each promise is an event of a whole day, the day it is due or wakes up; it keeps its name (UID)
however often it moves, so it moves in the calendar as well.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from crm.queries.promises import Promise

AGAIN: Final = timedelta(hours=1)
"""How soon a program should look again."""


def of(promises: Iterable[Promise], *, name: str, host: str, base_url: str, now: datetime) -> bytes:
    """The calendar called `name` of these promises, as it is at `now`."""
    calendar = Calendar()
    calendar.add("prodid", "-//KitchenPantry CRM//Follow-ups//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    for promise in promises:
        calendar.add_component(_event(promise, host=host, base_url=base_url, now=now))
    return bytes(calendar.to_ical())


def _event(promise: Promise, *, host: str, base_url: str, now: datetime) -> Event:
    day = promise.snoozed_until_on or promise.follow_up_date
    event = Event()
    event.add("uid", f"follow-up-{promise.interaction_id}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("sequence", promise.version)
    event.add("summary", promise.what)
    event.add(
        "description", "\n".join(part for part in (*promise.whom, promise.phone, promise.email) if part)
    )
    event.add("url", f"{base_url.rstrip('/')}/follow-ups/{promise.interaction_id}")
    event.add("transp", "TRANSPARENT")
    return event
