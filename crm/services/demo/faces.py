"""Contacts: the people at operators, distributors and principals."""

from datetime import timedelta
from random import Random

from crm.enums import AdvocacyStatus, Priority
from crm.services.demo import names, scene, words
from crm.services.demo.firms import Firms
from crm.services.demo.frame import Frame, sometimes, weighted
from crm.services.demo.rows import ContactRow, OrganizationRow

_STANDS = {
    AdvocacyStatus.CHAMPION: 8.0,
    AdvocacyStatus.SUPPORTER: 22.0,
    AdvocacyStatus.NEUTRAL: 55.0,
    AdvocacyStatus.SKEPTIC: 11.0,
    AdvocacyStatus.BLOCKER: 4.0,
}
_EAGERNESS = {
    Priority.A_PLUS: 6.0,
    Priority.A: 2.5,
    Priority.B: 2.0,
    Priority.C: 1.0,
    Priority.D: 0.5,
    None: 0.8,
}
"""How likely somebody has noted whom to talk to, by the operator's priority."""
_MOST_AT_ONE_PLACE = 3


def build(frame: Frame, firms: Firms) -> list[ContactRow]:
    """The scene's people first, then principals and distributors, then operators until the book is full."""
    faces = _Faces(frame, firms)
    for face in scene.people():
        if face.at in firms.by_name:
            faces.add_from_scene(face)
    for row in _desks(frame, firms):
        faces.add(row)
    return faces.rows


def _desks(frame: Frame, firms: Firms) -> list[OrganizationRow]:
    """Where a contact sits, one entry a contact, without those of the scene."""
    chance = frame.chance("desks")
    left = frame.size.contacts - sum(1 for face in scene.people() if face.at in firms.by_name)
    desks = []
    for number in [*firms.makers, *firms.houses]:
        wanted = 2 if number in firms.makers else chance.randrange(2, 6)
        desks += [firms.rows[number - 1]] * wanted
    desks = desks[: left // 5]
    places = [row for row in firms.operators if row.owner_id is not None]
    eagerness = {row.organization_id: _EAGERNESS[row.priority] for row in places}
    seats = dict.fromkeys(eagerness, 0)
    while len(desks) < left and eagerness:
        number = weighted(chance, eagerness)
        desks.append(firms.rows[number - 1])
        seats[number] += 1
        eagerness[number] = 0 if seats[number] == _MOST_AT_ONE_PLACE else eagerness[number] / 2.5
    return desks


class _Faces:
    """Adds contacts one by one; the first at a place is its primary one."""

    def __init__(self, frame: Frame, firms: Firms) -> None:
        self.rows: list[ContactRow] = []
        self._frame = frame
        self._firms = firms
        self._chance = frame.chance("contacts")
        self._names = names.Names(self._chance)
        self._seen: set[int] = set()

    def add_from_scene(self, face: scene.Face) -> None:
        self._names.take(f"{face.first} {face.last}")
        row = self._new(self._firms.by_name[face.at], face.first, face.last)
        row.position, row.advocacy_status, row.is_key_contact = face.position, face.stand, face.is_key
        row.notes = face.notes

    def add(self, at: OrganizationRow) -> None:
        chance = self._chance
        row = self._new(at, *self._names.person())
        row.position = self._position(at, chance)
        row.advocacy_status = weighted(chance, _STANDS)
        row.is_key_contact = row.is_primary and chance.random() < 0.35
        row.notes = sometimes(chance, 0.2, words.lines("people", "about them"))
        if not row.is_primary and chance.random() < 0.06:
            row.left_on = self._frame.ago(chance.randrange(20, 300))

    def _new(self, at: OrganizationRow, first: str, last: str) -> ContactRow:
        chance = self._chance
        area_code = self._firms.area_codes[at.organization_id]
        known_for = min(self._frame.days_ago(at.created_at.date()), chance.randrange(380, 1600))
        row = ContactRow(
            contact_id=len(self.rows) + 1,
            organization_id=at.organization_id,
            first_name=first,
            last_name=last,
            created_at=max(
                at.created_at, self._frame.moment(self._frame.ago(known_for), 500 + chance.randrange(500))
            )
            + timedelta(minutes=5),
            is_primary=at.organization_id not in self._seen,
            owner_id=at.owner_id,
            preferred_channel=sometimes(chance, 0.4, ("phone", "text", "e-mail", "in person")),
        )
        self._seen.add(at.organization_id)
        if chance.random() < 0.8:
            row.email = names.address(first, last, names.domain(at.name))
        if chance.random() < 0.55:
            row.mobile_phone = names.telephone(chance, area_code)
        if chance.random() < 0.35:
            row.phone = at.phone or names.telephone(chance, area_code)
        self.rows.append(row)
        return row

    def _position(self, at: OrganizationRow, chance: Random) -> str:
        if at.is_principal:
            return chance.choice(words.lines("people", "positions at principals"))
        if at.is_distributor:
            return _drawn(chance, "positions at distributors")
        office = at.segment in words.lines("operators", "institutions")
        return _drawn(chance, "positions in institutions" if office else "positions in kitchens")


def _drawn(chance: Random, section: str) -> str:
    return weighted(chance, {word or "": weight for word, weight in words.weights("people", section).items()})
