"""Sentences that a page computes about principals (floor 5). Voice: design, section 4."""

from collections.abc import Sequence
from datetime import date

from crm.enums import EngagementLevel
from crm.filters import counted, day, sentence, when_day, words
from crm.queries.principal_weeks import Week, running
from crm.queries.principals import NOT_CONTACTED, Share
from crm.queries.standings import Standing

NEAR = 31
"""Days for which a heading also says how far away its day is."""


def of_list(shares: Sequence[Share]) -> str:
    """How warm the principals of a list are: "Three of 16 have gone quiet, two are low."""
    n = {share.level: share.principals for share in shares}
    total = sum(n.values())
    if not total:
        return "Nobody here."
    quiet, low, new = n[EngagementLevel.INACTIVE], n[EngagementLevel.LOW], n[None]
    said = [
        f"{words(quiet)} {'has' if quiet == 1 else 'have'} gone quiet" if quiet else "",
        f"{words(low)} {'is' if low == 1 else 'are'} low" if low else "",
        f"{words(new)} {'was' if new == 1 else 'were'} never contacted" if new else "",
    ]
    said = [part for part in said if part]
    if not said:
        return "It is warm." if total == 1 else f"All {words(total)} are warm."
    return f"Of {counted(total, 'principal')}, {_joined(said)}." if total > 1 else f"{sentence(said[0])}."


POINTS = ((0, 100), (7, 75), (14, 50), (30, 25), (60, 0))
"""Days since the last touch, and the percent they are worth; straight lines between them."""


def of_level(standing: Standing, *, today: date) -> tuple[str, str]:
    """How level and percent come about, and what one interaction would do about them."""
    if standing.level is None or standing.days is None or standing.last_on is None:
        return (
            "There was no interaction yet, so there is no level and no percent.",
            "The first one makes it High.",
        )
    days, percent = standing.days, standing.percent
    spans = "High lasts 7 days, Medium 14, Low 30"
    since = f"{counted(days, 'day')} since {day(standing.last_on, today)}"
    began = f"{since}: {spans}, so it is {standing.level.short}."
    below = next((point for point in POINTS if point[0] >= days), None)
    if below is None:
        worth = f"From {POINTS[-1][0]} days on it is worth 0 %."
    elif below[0] == days:
        worth = f"That is worth {percent} %."
    else:
        above = POINTS[POINTS.index(below) - 1]
        between = f"{above[0]} days ({above[1]} %) and {below[0]} days ({below[1]} %)"
        worth = f"Between {between} that is worth {percent} %."
    if standing.level is EngagementLevel.HIGH:
        falls = f" Without one it falls on {day(standing.falls_on, today)}." if standing.falls_on else ""
        return sentence(f"{began} {worth}"), f"One more interaction keeps it there for a week.{falls}"
    return sentence(f"{began} {worth}"), "One interaction today lifts it to High, 100 %."


def of_change(cause: str) -> str:
    """Why a level became another one, as its history says it."""
    return {
        "first seen": "when we began to count",
        "interaction": "an interaction lifted it",
        "time passed": "nobody was in touch",
        "interaction withdrawn": "an interaction was taken back",
    }.get(cause, cause)


def of_weeks(weeks: Sequence[Week], standing: Standing, *, today: date) -> tuple[str, str]:
    """What the strip shows, as headline and rest: how long at this level, what was before and what comes, and
    how often the goal was met.
    """
    if standing.level is None:
        return f"{NOT_CONTACTED}.", "The first interaction starts the ring."
    n = running(list(weeks))
    if n == len(weeks):
        headline = f"{standing.level.short} for {n} weeks or more."
    elif n == 1:
        headline = f"{standing.level.short} since this week."
    else:
        headline = f"{standing.level.short} for {counted(n, 'week')}."
    rest = []
    if n < len(weeks):
        before = weeks[-n - 1].level
        rest.append(f"{before.short if before else NOT_CONTACTED} before that.")
    if standing.falls_on and standing.falls_to:
        on = day(standing.falls_on, today)
        rest.append(f"Falls to {standing.falls_to.short} on {on} unless somebody is in touch.")
    return headline, " ".join([*rest, _goal(weeks, standing.goal)])


def of_day(on: date, today: date, *, is_continued: bool = False) -> str:
    """The heading over a day of a timeline: "Today", "Mon 23 Nov · yesterday", "Mon 7 Sep, earlier"."""
    if on == today:
        heading = "Today"
    elif abs((on - today).days) < NEAR:
        heading = f"{day(on, today)} · {when_day(on, today)}"
    else:
        heading = day(on, today)
    return f"{heading}, earlier" if is_continued else heading


def _goal(weeks: Sequence[Week], goal: int) -> str:
    most = max(week.interactions for week in weeks)
    if not most:
        return f"No interaction in {len(weeks)} weeks."
    if not goal:
        return f"No weekly goal; the fullest of {len(weeks)} weeks had {words(most)}."
    met = sum(week.interactions >= goal for week in weeks)
    if met:
        return f"{sentence(words(goal))} or more in {words(met)} of {len(weeks)} weeks."
    return f"No week of {len(weeks)} reached {words(goal)}; the fullest had {words(most)}."


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
