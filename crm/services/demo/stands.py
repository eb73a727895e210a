"""How contacts speak of one principal, as it showed along the opportunities they decide on."""

from datetime import date, timedelta
from random import Random

from crm.enums import AdvocacyStatus, OpportunityStage
from crm.services.demo import words
from crm.services.demo.frame import Frame, sometimes, weighted
from crm.services.demo.pipeline import Pursuit
from crm.services.demo.rows import AdvocacyRow

_A, _S = AdvocacyStatus, OpportunityStage
_SHARE = 0.5
"""The part of the opportunities after which somebody noted it."""
_CHANGED = 0.3
"""The part of these in which they spoke otherwise before."""
_USUAL = {_A.CHAMPION: 8.0, _A.SUPPORTER: 30.0, _A.NEUTRAL: 42.0, _A.SKEPTIC: 17.0, _A.BLOCKER: 3.0}
_AT_THE_END = {
    _S.CLOSED_WON: {_A.CHAMPION: 45.0, _A.SUPPORTER: 50.0, _A.NEUTRAL: 5.0},
    _S.CLOSED_STALLED: {_A.NEUTRAL: 60.0, _A.SKEPTIC: 40.0},
    _S.CLOSED_NO_FIT: {_A.NEUTRAL: 25.0, _A.SKEPTIC: 50.0, _A.BLOCKER: 25.0},
}


def build(frame: Frame, pursuits: list[Pursuit]) -> list[AdvocacyRow]:
    """One that holds now for each contact and principal at most; an earlier one ends on the day it begins."""
    chance = frame.chance("stands")
    found: list[AdvocacyRow] = []
    known: set[tuple[int, int]] = set()
    for pursuit in pursuits:
        contact = pursuit.row.primary_contact_id
        for maker in pursuit.makers:
            if contact is None or (contact, maker) in known or chance.random() > _SHARE:
                continue
            known.add((contact, maker))
            found += _noted(frame, chance, pursuit, contact, maker)
    return found


def _noted(frame: Frame, chance: Random, pursuit: Pursuit, contact: int, maker: int) -> list[AdvocacyRow]:
    row = pursuit.row
    last = row.closed_at.date() if row.closed_at else frame.today
    days = (last - row.started_on).days
    since_on = row.started_on + timedelta(days=round(days * chance.uniform(0.3, 1.0)))
    status = weighted(chance, _AT_THE_END.get(row.stage, _USUAL))
    rows = [_row(frame, chance, contact, maker, since_on, status)]
    if since_on > row.started_on and chance.random() < _CHANGED:
        others = {word: weight for word, weight in _USUAL.items() if word is not status}
        rows.insert(0, _row(frame, chance, contact, maker, row.started_on, weighted(chance, others)))
        rows[0].until_on = since_on
    return rows


def _row(
    frame: Frame, chance: Random, contact: int, maker: int, since_on: date, status: AdvocacyStatus
) -> AdvocacyRow:
    return AdvocacyRow(
        contact_id=contact,
        principal_id=maker,
        status=status,
        since_on=since_on,
        created_at=frame.moment(since_on, 1),
        note=sometimes(chance, 0.5, words.lines("people", f"stands {status.value}")),
    )
