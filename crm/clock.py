"""Days. The one place that turns a moment into somebody's day.

Floor 0: imports nothing of ours. A moment is an aware datetime, a zone an IANA name, a week starts on Monday.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, in UTC. Called at the edge only (views, tasks, commands), never below floor 5."""
    return datetime.now(UTC)


def today_for(time_zone: str, moment: datetime) -> date:
    """The day that `moment` falls on in `time_zone`; raises `ValueError` for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return moment.astimezone(ZoneInfo(time_zone)).date()


def at(time_zone: str, day: date, hour: int = 0) -> datetime:
    """The moment (UTC) at which the clocks of `time_zone` show `hour` on `day`.

    Where the clocks skip that hour it is the same wall time before the jump, told in the old offset; where
    they
    show it twice it is the first.
    """
    return datetime.combine(day, time(hour), ZoneInfo(time_zone)).astimezone(UTC)


def week_of(day: date) -> date:
    """The Monday of the week that `day` is in."""
    return day - timedelta(days=day.weekday())
