"""Follow-ups on the way: promised on one day, due on another, kept by the rep who gave them."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heappop, heappush
from random import Random

from crm.services.demo import rhythm
from crm.services.demo.frame import Frame
from crm.services.demo.rows import InteractionRow
from crm.services.demo.subjects import Subject

_DAYS_AHEAD = (1, 2, 3, 3, 5, 7, 7, 10, 14, 21)


@dataclass(order=True)
class Promise:
    """An open follow-up: the row that carries it and what it is about."""

    due: date
    number: int
    row: InteractionRow = field(compare=False)
    subject: Subject = field(compare=False)


class Promises:
    """The open follow-ups of one rep, first due first."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._open: list[Promise] = []

    def give(self, chance: Random, row: InteractionRow, on: date, subject: Subject, text: str) -> None:
        """Promise `text` on `row`, for a working day one to three weeks after `on`."""
        due = rhythm.workday_from(on + timedelta(days=chance.choice(_DAYS_AHEAD)))
        row.follow_up_required = True
        row.follow_up_date = due
        row.follow_up_note = text
        row.owner_id = row.author_id
        heappush(self._open, Promise(due, row.interaction_id, row, subject))

    def take_due(self, on: date) -> Promise | None:
        """The promise to keep first on a day, taken off the list; None if none is due."""
        return heappop(self._open) if self._open and self._open[0].due <= on else None

    def settle(self, chance: Random, late: int, now: int) -> None:
        """Leave `late` follow-ups overdue and `now` due on the day of the book, as far as there are so many.

        What else should have been kept by then was dealt with on its day without a talk; if too few are late
        or due, some that lie ahead are called up.
        """
        today = self._frame.today
        behind = sorted(promise for promise in self._open if promise.due < today)
        ahead = sorted(promise for promise in self._open if promise.due >= today)
        for promise in behind[: max(0, len(behind) - late)]:
            tick_off(self._frame, chance, promise.row, promise.due)
        for _ in range(late - len(behind)):
            if len(ahead) > now:
                _move(ahead.pop(), rhythm.workday_by(self._frame.ago(chance.choice((1, 2, 3, 4, 6)))))
        due_now = [promise for promise in ahead if promise.due == today]
        for promise in due_now[now:]:
            _move(promise, rhythm.workday_from(today + timedelta(days=1)))
        later = [promise for promise in reversed(ahead) if promise.due > today]
        for promise in later[: max(0, now - len(due_now))]:
            _move(promise, today)


def tick_off(frame: Frame, chance: Random, row: InteractionRow, day: date) -> None:
    """Complete the promise of a row on a day without an interaction that kept it."""
    row.completed_at = max(
        frame.moment(day, chance.randrange(900, 1040)), row.interaction_date + timedelta(hours=1)
    )
    row.completed_by = row.owner_id


def _move(promise: Promise, due: date) -> None:
    """Put a promise on another day, not before the day on which it was given."""
    promise.due = max(due, promise.row.interaction_date.date())
    promise.row.follow_up_date = promise.due
    promise.row.times_rescheduled += 1
