"""Interactions: every errand becomes a talk with somebody about something, in the order of time."""

from dataclasses import dataclass, field

from crm.enums import InteractionType, Sentiment
from crm.services.demo import errands, sentences, staff
from crm.services.demo.errands import Errand, Kind
from crm.services.demo.firms import Firms
from crm.services.demo.frame import Frame, sometimes, weighted
from crm.services.demo.promises import Promises, tick_off
from crm.services.demo.rows import InteractionRow
from crm.services.demo.subjects import Subject, Subjects, topic_of
from crm.services.demo.topics import Topics

_T = InteractionType
_TYPES = {
    _T.EMAIL: 30.0,
    _T.PHONE_CALL: 28.0,
    _T.MEETING: 23.0,
    _T.DEMO_SAMPLED: 8.0,
    _T.FOLLOW_UP: 7.0,
    _T.NOTE: 4.0,
}
_KEEPING_TYPES = {_T.FOLLOW_UP: 38.0, _T.PHONE_CALL: 30.0, _T.EMAIL: 24.0, _T.DEMO_SAMPLED: 8.0}
_WEEKEND_TYPES = {_T.NOTE: 50.0, _T.EMAIL: 30.0, _T.PHONE_CALL: 20.0}
_FEELINGS = {Sentiment.POSITIVE: 44.0, Sentiment.NEUTRAL: 45.0, Sentiment.NEGATIVE: 11.0}
_ACTIVITIES = {
    _T.PHONE_CALL: (0.14, ("text", "check-in")),
    _T.MEETING: (0.35, ("site visit", "check-in", "menu meeting")),
    _T.DEMO_SAMPLED: (0.6, ("sample drop", "shipped samples", "cooking demo")),
}
_MINUTES = {
    _T.PHONE_CALL: (5, 10, 10, 15),
    _T.MEETING: (15, 30, 30, 45, 60),
    _T.DEMO_SAMPLED: (30, 45, 60, 90),
}
_PROMISING = {Kind.DESK: 0.3, Kind.SHOW: 0.32, Kind.RIDE: 0.32, Kind.MORNING: 0.0}
"""How often somebody is promised something, ..."""
_LATELY, _LATELY_DAYS = 1.8, 18
"""... and so much oftener in the last days, so that lists of open promises are worth a look."""
_KEEPING = 0.85
"""How often a rep with a promise due sees to that before anything new."""
_LEFT_LATE = {"nell": 0, "theo": 5, "asha": 6, "corin": 8, "lotte": 4, "jonah": 5}
_LEFT_FOR_TODAY = {"nell": 0, "theo": 3, "asha": 4, "corin": 3, "lotte": 4, "jonah": 2}
"""Nell's own are told by the scene."""


@dataclass
class Diary:
    """Interactions, and by their number what each is about."""

    rows: list[InteractionRow] = field(default_factory=list)
    subjects: dict[int, Subject] = field(default_factory=dict)

    def add(self, row: InteractionRow, subject: Subject) -> None:
        self.rows.append(row)
        self.subjects[row.interaction_id] = subject


def write(frame: Frame, firms: Firms, topics: Topics, subjects: Subjects, count: int) -> Diary:
    """The interactions of `count` errands with their promises, those of the past kept but for a few."""
    writer = _Writer(frame, firms, topics, subjects)
    for errand in errands.plan(frame, firms, count):
        writer.live(errand)
    writer.settle()
    return writer.diary


class _Writer:
    def __init__(self, frame: Frame, firms: Firms, topics: Topics, subjects: Subjects) -> None:
        self.diary = Diary()
        self._frame = frame
        self._firms = firms
        self._topics = topics
        self._subjects = subjects
        self._chance = frame.chance("diary")
        self._promises = {rep: Promises(frame) for rep in staff.REPS}

    def live(self, errand: Errand) -> None:
        """Do an errand: keep a promise that is due, or see somebody anew."""
        if errand.kind is Kind.DESK and not errand.makers and self._chance.random() < _KEEPING:
            promise = self._promises[errand.rep].take_due(errand.day)
            if promise is not None:
                if self._subjects.can_be_spoken_of(promise.subject, errand.day):
                    row = self._tell(errand, promise.subject, _KEEPING_TYPES)
                    promise.row.completed_at = row.interaction_date
                    promise.row.completed_by = row.author_id
                    promise.row.completed_with = row.interaction_id
                    return
                tick_off(self._frame, self._chance, promise.row, errand.day)
        self._tell(errand, self._subjects.find(errand), _types_of(errand))

    def settle(self) -> None:
        """Leave late and for today what a rep leaves."""
        for rep, promises in self._promises.items():
            promises.settle(self._chance, _LEFT_LATE[rep], _LEFT_FOR_TODAY[rep])

    def _tell(self, errand: Errand, subject: Subject, types: dict[InteractionType, float]) -> InteractionRow:
        chance = self._chance
        kind = weighted(chance, types)
        feeling = weighted(chance, _FEELINGS)
        moment = self._frame.moment(errand.day, errand.minute)
        activity = (
            errand.kind.value if errand.house else sometimes(chance, *_ACTIVITIES.get(kind, (0.0, ("",))))
        )
        topic = topic_of(self._topics, chance, subject)
        row = InteractionRow(
            interaction_id=len(self.diary.rows) + 1,
            interaction_type=kind,
            interaction_date=moment,
            author_id=staff.IDS[errand.rep],
            created_at=moment,
            opportunity_id=subject.pursuit.row.opportunity_id if subject.pursuit else None,
            contact_id=subject.face.contact_id if subject.face else None,
            organization_id=subject.at.organization_id,
            activity=activity,
            subject=f"{topic.maker}: {topic.product}" if kind is _T.EMAIL else None,
            notes=sentences.note(chance, kind, activity, feeling, topic),
            sentiment=feeling,
            location=self._location(errand),
            duration_minutes=None if errand.house else sometimes(chance, 0.5, _MINUTES.get(kind, (None,))),
        )
        self.diary.add(row, subject)
        lately = _LATELY if self._frame.days_ago(errand.day) <= _LATELY_DAYS else 1
        if chance.random() < _PROMISING[errand.kind] * lately:
            text = sentences.promise(chance, topic)
            self._promises[errand.rep].give(chance, row, errand.day, subject, text)
        return row

    def _location(self, errand: Errand) -> str | None:
        if errand.house is None:
            return None
        house = self._firms.houses[errand.house]
        if errand.kind is Kind.RIDE:
            return f"On the truck of {house.name}"
        return f"{house.name} food show, {house.town.name}"


def _types_of(errand: Errand) -> dict[InteractionType, float]:
    if errand.house is not None:
        return {_T.MEETING: 1.0}
    if errand.kind is Kind.MORNING:
        return {_T.EMAIL: 1.0}
    return _WEEKEND_TYPES if errand.day.weekday() > 4 else _TYPES
