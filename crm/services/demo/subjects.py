"""Whom and what an errand is about: an opportunity of the rep, or else a place they call on."""

from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random

from crm.enums import Priority
from crm.services.demo import rhythm, staff
from crm.services.demo.errands import Errand, Kind
from crm.services.demo.firms import Firms
from crm.services.demo.frame import Frame
from crm.services.demo.pipeline import Pursuit
from crm.services.demo.rows import ContactRow, OrganizationRow
from crm.services.demo.sentences import Topic
from crm.services.demo.topics import Topics

_MANY = 7
"""With so many opportunities worth a call a rep hardly calls on anybody else."""
_ABOUT_ONE = {Kind.DESK: 0.95, Kind.SHOW: 0.5, Kind.RIDE: 0.5, Kind.MORNING: 1.0}
"""How often a talk is about an opportunity, where there are many."""
_NAMED = {Kind.DESK: 0.7, Kind.SHOW: 0.35, Kind.RIDE: 0.45, Kind.MORNING: 0.9}
"""How often it is noted who it was, where somebody is known."""
_CALLS = {Priority.A_PLUS: 6.0, Priority.A: 3.0, Priority.B: 2.0, Priority.C: 1.0, Priority.D: 0.6, None: 0.8}


@dataclass(frozen=True)
class Subject:
    """Whom and what an interaction is about; a promise hands it on to the interaction that keeps it."""

    at: OrganizationRow
    makers: tuple[int, ...]
    pursuit: Pursuit | None = None
    face: ContactRow | None = None


def topic_of(topics: Topics, chance: Random, subject: Subject) -> Topic:
    """The topic of a talk about a subject; one of its principals stands for all."""
    pursuit = subject.pursuit
    return topics.about(
        chance,
        subject.at,
        chance.choice(subject.makers),
        products=pursuit.products if pursuit else (),
        face=subject.face,
        use=pursuit.use if pursuit else None,
    )


class Subjects:
    """Chooses subjects so that no principal is touched on a day when it was not in touch."""

    def __init__(self, frame: Frame, firms: Firms, faces: list[ContactRow], pursuits: list[Pursuit]) -> None:
        self._frame = frame
        self._firms = firms
        self._chance = frame.chance("subjects")
        self._faces: dict[int, list[ContactRow]] = {}
        for face in faces:
            self._faces.setdefault(face.organization_id, []).append(face)
        self._pursuits: dict[int, list[Pursuit]] = {staff.IDS[rep]: [] for rep in staff.REPS}
        self._heat: dict[int, float] = {}
        self._alive: dict[tuple[int, date], list[Pursuit]] = {}
        for pursuit in pursuits:
            self._pursuits[pursuit.row.owner_id or 0].append(pursuit)
            self._heat[pursuit.row.opportunity_id] = self._chance.gammavariate(1.4, 1)
        self._rounds = {staff.IDS[rep]: self._round(staff.IDS[rep]) for rep in staff.REPS}
        self._guests = {house: self._round_of_house(house) for house in firms.houses}

    def find(self, errand: Errand) -> Subject:
        """The subject of an errand."""
        rep = staff.IDS[errand.rep]
        worth = self._worth_a_call(rep, errand)
        if worth and self._chance.random() < _ABOUT_ONE[errand.kind] * min(1, len(worth) / _MANY):
            heat = [self._heat[pursuit.row.opportunity_id] for pursuit in worth]
            pursuit = self._chance.choices(worth, heat)[0]
            at = self._firms.rows[pursuit.row.organization_id - 1]
            return Subject(at, pursuit.makers, pursuit, self._face(at, errand))
        at = self._place(rep, errand)
        return Subject(at, (self._maker(errand, rep),), None, self._face(at, errand))

    def can_be_spoken_of(self, subject: Subject, day: date) -> bool:
        """Whether all its principals are in touch on that day and its opportunity is not over."""
        is_alive = subject.pursuit is None or subject.pursuit.is_alive(day)
        return is_alive and self._are_awake(subject.makers, day)

    def _worth_a_call(self, rep: int, errand: Errand) -> list[Pursuit]:
        """The opportunities of a rep to speak of that day, of the errand's principals if they are named."""
        if (rep, errand.day) not in self._alive:
            self._alive[rep, errand.day] = [
                pursuit
                for pursuit in self._pursuits[rep]
                if pursuit.is_alive(errand.day) and self._are_awake(pursuit.makers, errand.day)
            ]
        alive = self._alive[rep, errand.day]
        if not errand.makers:
            return alive
        return [pursuit for pursuit in alive if set(pursuit.makers) <= set(errand.makers)]

    def _are_awake(self, makers: tuple[int, ...], day: date) -> bool:
        return all(rhythm.is_awake(self._frame, self._firms.makers[number], day) for number in makers)

    def _maker(self, errand: Errand, rep: int) -> int:
        if errand.makers:
            return self._chance.choice(errand.makers)
        weights = {
            number: maker.share * (2 if staff.IDS[maker.rep] == rep else 1)
            for number, maker in self._firms.makers.items()
            if rhythm.is_awake(self._frame, maker, errand.day)
        }
        return self._chance.choices(list(weights), list(weights.values()))[0]

    def _place(self, rep: int, errand: Errand) -> OrganizationRow:
        rounds = self._guests[errand.house] if errand.house else self._rounds[rep]
        if not rounds[0]:
            rounds = self._rounds[rep] if self._rounds[rep][0] else self._round(None)
        places, weights = rounds
        return self._chance.choices(places, cum_weights=weights)[0]

    def _round(self, rep: int | None) -> tuple[list[OrganizationRow], list[float]]:
        """The places a rep calls on, with running weights; of anybody for None."""
        places = [p for p in self._firms.operators if p.owner_id and rep in (None, p.owner_id)]
        known = [_CALLS[p.priority] * (2.5 if p.organization_id in self._faces else 1) for p in places]
        return places, list(accumulate(known))

    def _round_of_house(self, house: int) -> tuple[list[OrganizationRow], list[float]]:
        places = [p for p in self._firms.operators if p.owner_id and p.usual_distributor_id == house]
        return places, list(accumulate(_CALLS[p.priority] for p in places))

    def _face(self, at: OrganizationRow, errand: Errand) -> ContactRow | None:
        there = [
            face
            for face in self._faces.get(at.organization_id, [])
            if face.left_on is None or face.left_on > errand.day
        ]
        if not there or self._chance.random() >= _NAMED[errand.kind]:
            return None
        return self._chance.choice([*there, there[0]])
