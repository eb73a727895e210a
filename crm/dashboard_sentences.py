"""Sentences that the dashboard computes (floor 5). Voice: design, section 4."""

from collections.abc import Sequence
from datetime import date, timedelta

from crm.clock import week_of
from crm.enums import EngagementLevel
from crm.filters import counted, day, sentence, words
from crm.queries.dashboard.coverage import Covered
from crm.queries.dashboard.pulses import Pulse
from crm.queries.follow_ups import Required
from crm.queries.spans import Span

WARM = (EngagementLevel.HIGH, EngagementLevel.MEDIUM)


def lede(pulses: Sequence[Pulse] | None, required: Required | None, today: date) -> str:
    """The week and the news: "Mon 23 to Sun 29 Nov. Five are warm, two have gone quiet, and three follow-ups
    are late." What is not known is left out.
    """
    monday = week_of(today)
    week = f"{_short(monday, monday + timedelta(days=6))}."
    said = [*_principals(pulses or ()), *_late(required)]
    return f"{week} {sentence(_joined(said))}." if said else week


def _short(first: date, last: date) -> str:
    """Two days with their month said once where it is the same: "Mon 23 to Sun 29 Nov"."""
    if first.month == last.month:
        return f"{first:%a} {first.day} to {day(last, last)}"
    return f"{day(first, last)} to {day(last, last)}"


def _principals(pulses: Sequence[Pulse]) -> list[str]:
    warm = sum(pulse.level in WARM for pulse in pulses)
    quiet = sum(pulse.level is EngagementLevel.INACTIVE for pulse in pulses)
    return [
        *([f"{words(warm)} {'is' if warm == 1 else 'are'} warm"] if warm else []),
        *([f"{words(quiet)} {'has' if quiet == 1 else 'have'} gone quiet"] if quiet else []),
    ]


def _late(required: Required | None) -> list[str]:
    late = required.overdue[1] if required else 0
    return [f"{words(late)} {'follow-up is' if late == 1 else 'follow-ups are'} late"] if late else []


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def over(span: Span) -> str:
    """A span of days in words: "Mon 23 to Thu 26 Nov", or its only day."""
    return day(span.since, span.until) if span.days == 1 else _short(span.since, span.until)


def against(now: Span, before: Span) -> str:
    """Two spans that are compared: "Mon 23 to Thu 26 Nov against Mon 16 to Thu 19 Nov"."""
    return f"{over(now)} against {over(before)}"


def coverage(rows: Sequence[Covered]) -> str:
    """What the heatmap shows, of the last full week: "Last week three of 14 principals met their goal, five
    had no interaction at all."
    """
    with_goal = [row for row in rows if row.goal]
    met = sum(row.touches[-2] >= row.goal for row in with_goal)
    none = sum(not row.touches[-2] for row in rows)
    first = f"Last week {words(met)} of {counted(len(rows), 'principal')} met the goal"
    if not none:
        return f"{first}, and each had an interaction."
    return f"{first}, and {words(none)} had no interaction at all."
