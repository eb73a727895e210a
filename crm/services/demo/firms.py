"""Principals, distributors and operators."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from crm.clock import week_of
from crm.enums import Priority
from crm.services.demo import names, scene, staff, words
from crm.services.demo.frame import Frame, dealt, sometimes, weighted
from crm.services.demo.rows import OrganizationRow
from crm.services.demo.words import world

_BRANCH = "Chain/Group Member"


@dataclass
class Firms:
    """All organizations, and who they are in the world they were drawn from."""

    rows: list[OrganizationRow] = field(default_factory=list)
    makers: dict[int, world.Maker] = field(default_factory=dict)
    houses: dict[int, world.House] = field(default_factory=dict)
    area_codes: dict[int, str] = field(default_factory=dict)
    by_name: dict[str, OrganizationRow] = field(default_factory=dict)

    @property
    def operators(self) -> list[OrganizationRow]:
        return self.rows[len(self.makers) + len(self.houses) :]

    def add(self, row: OrganizationRow, area_code: str) -> OrganizationRow:
        self.rows.append(row)
        self.area_codes[row.organization_id] = area_code
        self.by_name[row.name] = row
        return row


def build(frame: Frame) -> Firms:
    """Principals first, then distributors, then operators; numbered in that order."""
    firms = Firms()
    for maker in world.makers()[: frame.size.principals]:
        row = _represented(frame, firms, maker)
        firms.makers[row.organization_id] = maker
    for house in world.houses()[: frame.size.distributors]:
        row = _stocking(frame, firms, house)
        firms.houses[row.organization_id] = house
    _add_operators(frame, firms)
    return firms


def _represented(frame: Frame, firms: Firms, maker: world.Maker) -> OrganizationRow:
    chance = frame.chance(f"principal {maker.name}")
    joined = 900 if maker.joined_days_ago is None else maker.joined_days_ago
    row = _somewhere(frame, firms, maker.name, maker.town, chance, joined)
    row.is_principal = True
    row.owner_id = staff.IDS[maker.rep]
    row.notes = f"{maker.makes}. {maker.notes}"
    return row


def _stocking(frame: Frame, firms: Firms, house: world.House) -> OrganizationRow:
    chance = frame.chance(f"distributor {house.name}")
    row = _somewhere(frame, firms, house.name, house.town, chance, 880)
    row.is_distributor = True
    row.segment = "Distributor"
    row.priority = Priority.A if house.weight > 30 else Priority.B
    row.owner_id = staff.IDS[_rep_of(house.town)]
    row.notes = house.notes
    return row


def _somewhere(
    frame: Frame, firms: Firms, name: str, town: world.Town, chance: Random, known_for: int
) -> OrganizationRow:
    at = names.domain(name)
    row = OrganizationRow(
        organization_id=len(firms.rows) + 1,
        name=name,
        created_at=frame.moment(frame.ago(known_for), 9 * 60 + chance.randrange(400)),
        phone=names.telephone(chance, town.area_code),
        website=f"https://{at}",
        email=f"hello@{at}",
        address_line1=f"{chance.randrange(2, 980)} {chance.choice(words.lines('towns', 'streets'))}",
        city=town.name,
        state=town.state,
        country="US",
    )
    return firms.add(row, town.area_code)


def _rep_of(town: world.Town) -> str:
    """The rep in whose territory a town lies."""
    return next(rep for rep in staff.REPS if town.name in [t.name for t in world.towns(rep)])


def _add_operators(frame: Frame, firms: Firms) -> None:
    chance = frame.chance("operators")
    given_out = names.Names(chance)
    for place in scene.places():
        given_out.take(place.name)
        _add_place(frame, firms, place, chance)
    rest = frame.size.operators - len(scene.places())
    segments = dealt(chance, rest, words.weights("operators", "segments"))
    priorities = dealt(chance, rest, words.weights("operators", "priorities"))
    brands = _Brands(chance)
    for segment, priority in zip(segments, priorities, strict=True):
        rep = chance.choice(staff.REPS)
        town = chance.choice(world.towns(rep))
        name = brands.name(given_out, town) if segment == _BRANCH else given_out.operator(segment)
        row = _operator(frame, firms, name, town, chance)
        row.segment = segment
        row.priority = None if priority is None else Priority(priority)
        _assign(row, staff.IDS[rep], chance)
        if segment == _BRANCH:
            row.parent_organization_id = brands.parent(row)


class _Brands:
    """Chains: the first place of a brand is its head, the others are branches of that."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._heads: dict[str, int] = {}
        self._last = ""

    def name(self, given_out: names.Names, town: world.Town) -> str:
        self._last = self._chance.choice(words.lines("operators", "brands"))
        if self._last not in self._heads:
            return given_out.take(self._last)
        return given_out.branch(self._last, town.name)

    def parent(self, row: OrganizationRow) -> int | None:
        head = self._heads.setdefault(self._last, row.organization_id)
        return None if head == row.organization_id else head


def _operator(frame: Frame, firms: Firms, name: str, town: world.Town, chance: Random) -> OrganizationRow:
    row = _somewhere(frame, firms, name, town, chance, 420 + chance.randrange(1500))
    if chance.random() > 0.45:
        row.address_line1 = None
    if chance.random() > 0.6:
        row.phone = None
    if chance.random() > 0.3:
        row.email = None
    if chance.random() > 0.5:
        row.website = None
    return row


def _assign(row: OrganizationRow, rep: int, chance: Random) -> None:
    """Who looks after an operator. The best accounts always have somebody; a fifth of the others nobody."""
    if row.priority is Priority.A_PLUS or chance.random() < 0.8:
        row.owner_id = rep
        others = [staff.IDS[key] for key in staff.REPS if staff.IDS[key] != rep]
        row.second_owner_id = sometimes(chance, 0.03, others)


def _add_place(frame: Frame, firms: Firms, place: scene.Place, chance: Random) -> None:
    row = _operator(frame, firms, place.name, place.town, chance)
    row.segment = place.segment
    row.priority = place.priority
    row.owner_id = staff.IDS["nell"]
    row.phone = names.telephone(chance, place.town.area_code)
    row.notes = place.notes


def furnish(frame: Frame, firms: Firms) -> None:
    """What a rep knows about operators: their usual distributor, notes, tags, anchors, this week's focus."""
    chance = frame.chance("furnishing")
    stock = {number: float(house.weight) for number, house in firms.houses.items()}
    monday = week_of(frame.today)
    for row in firms.operators:
        if chance.random() < 0.65:
            row.usual_distributor_id = weighted(chance, stock)
        row.notes = row.notes or sometimes(chance, 0.34, words.lines("operators", "notes"))
        row.tags = [tag for tag in [sometimes(chance, 0.15, words.lines("operators", "tags"))] if tag]
        row.is_anchor = row.priority is Priority.A_PLUS and chance.random() < 0.5
        if row.owner_id and chance.random() < 0.045:
            row.weekly_focus_on = monday - timedelta(weeks=chance.choice((0, 0, 1)))
