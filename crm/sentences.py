"""Sentences that pages compute from what they found: the answer under a heading, the foot of a card.

Floor 5. Figures in running text: one to nine in words, from 10 in digits (design, section 4).
"""

from datetime import date

from crm.enums import InteractionType
from crm.filters import counted, day, long_day, sentence, words
from crm.queries.follow_ups import Counts
from crm.queries.ledger import End, Share
from crm.queries.promises import When
from crm.queries.standings import Standing
from crm.queries.today import Pace


def greeting(first_name: str, hour: int) -> str:
    """Good morning, afternoon or evening, by the hour (0 to 23) that the person's clock shows."""
    if 4 <= hour < 12:
        part = "morning"
    elif 12 <= hour < 17:
        part = "afternoon"
    else:
        part = "evening"
    return f"Good {part}, {first_name}"


def waiting(counts: Counts, today: date, coldest: Standing | None) -> str:
    """How many people wait to hear from somebody today; with nobody waiting, whom to warm up instead."""
    date_line = f"{long_day(today, today)}."
    if not counts.waiting:
        return f"{date_line} Nobody is waiting. {_idle(coldest)}"
    people = sentence(counted(counts.waiting, "person is", "people are"))
    since = ""
    if counts.waiting_since_last_week:
        since = f", {words(counts.waiting_since_last_week)} of them since last week"
        if counts.waiting == counts.waiting_since_last_week:
            since = ", since last week" if counts.waiting == 1 else ", all of them since last week"
    return f"{date_line} {people} waiting to hear from you{since}."


def _idle(coldest: Standing | None) -> str:
    if coldest is None or not coldest.days:
        return "Good moment for a call you like to make."
    return f"Good moment to warm up {coldest.name}, quiet for {counted(coldest.days, 'day')}."


def promises(counts: Counts) -> str:
    """What a list of promises holds: "Three overdue, three today, six after that." """
    if not counts.total:
        snoozed = counts.of[When.SNOOZED]
        return (
            f"Nothing to do now, {words(snoozed)} snoozed until later." if snoozed else "Nothing is promised."
        )
    after = counts.of[When.WEEK] + counts.of[When.LATER]
    return sentence(
        f"{_some(counts.overdue)} overdue, {_some(counts.today)} today, {_some(after)} after that."
    )


def kept(share: Share, *, since: date, today: date) -> str:
    """What became of promises: "Of 84 promises due since Mon 2 Nov, 61 were kept in time: 73 %." """
    if share.percent is None:
        return f"No promise fell due since {day(since, today)}."
    promised = counted(share.due, "promise")
    in_time = words(share.ends[End.KEPT]) if share.ends[End.KEPT] else "none"
    verb = "was" if share.ends[End.KEPT] == 1 else "were"
    return f"Of {promised} due since {day(since, today)}, {in_time} {verb} kept in time: {share.percent} %."


def _some(n: int) -> str:
    return words(n) if n else "none"


def pace(pace: Pace, today: date) -> str:
    """This week against the last: "21 interactions so far, four more than by Tuesday last week." """
    if not pace.so_far and not pace.by_then:
        return "No interactions yet this week."
    so_far = sentence(counted(pace.so_far, "interaction"))
    more = pace.so_far - pace.by_then
    if more == 0:
        than = "as many as"
    else:
        than = f"{words(abs(more))} {'more' if more > 0 else 'fewer'} than"
    return f"{so_far} so far, {than} by {today:%A} last week."


DEEDS = {
    InteractionType.PHONE_CALL: "call",
    InteractionType.MEETING: "meeting",
    InteractionType.DEMO_SAMPLED: "tasting",
    InteractionType.EMAIL: "e-mail",
    InteractionType.FOLLOW_UP: "follow-up",
    InteractionType.NOTE: "note",
}
"""What an interaction of each type is called in running text, in the order in which they are told."""


def deeds(of_type: dict[InteractionType, int]) -> str:
    """What was done: "two calls, one tasting"; "" for nothing."""
    return ", ".join(counted(of_type[kind], deed) for kind, deed in DEEDS.items() if of_type.get(kind))


def cold(standing: Standing, today: date) -> str:
    """How cold a principal is and when it gets colder, "Low, Inactive on Mon 7 Dec"; where it cannot, the
    day of the last touch, "Inactive, last Wed 14 Oct".
    """
    level = standing.level.short if standing.level else "Not contacted yet"
    if standing.falls_on and standing.falls_to:
        return f"{level}, {standing.falls_to.short} on {day(standing.falls_on, today)}"
    return f"{level}, last {day(standing.last_on, today)}" if standing.last_on else level
