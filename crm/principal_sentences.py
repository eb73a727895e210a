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
