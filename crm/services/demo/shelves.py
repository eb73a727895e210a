"""Who carries what: how far each distributor has taken a principal on, and which of its products it has."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from crm.enums import AuthorizationState, OpportunityStage, ProductStatus, StockStatus
from crm.services.demo import words
from crm.services.demo.firms import Firms
from crm.services.demo.frame import Frame, sometimes, weighted
from crm.services.demo.pipeline import Pursuit
from crm.services.demo.rows import AuthorizationRow, ContactRow, ProductRow, StockRow

_A = AuthorizationState
_STATES = {
    None: 55.0,
    _A.TARGET: 14.0,
    _A.PRESENTED: 10.0,
    _A.AUTHORIZED: 8.0,
    _A.STOCKED: 8.0,
    _A.EXPIRED: 3.0,
    _A.LOST: 2.0,
}
"""How far a distributor has come with a principal that it sold nothing of; None: nobody thought of it yet."""
_STATUSES = {StockStatus.STOCKED: 84.0, StockStatus.SPECIAL_ORDER: 10.0, StockStatus.OUT_OF_STOCK: 6.0}
_LAPSED_SHARE = 0.04
"""The part of what holds that should have been renewed by now."""
_BUYERS = ("Buyer", "Category lead")


@dataclass
class Shelves:
    """How far the distributors have come, and what they stock."""

    authorizations: list[AuthorizationRow] = field(default_factory=list)
    stock: list[StockRow] = field(default_factory=list)


@dataclass
class _Sold:
    """What a distributor delivers of a principal because an opportunity was won, and since when."""

    products: set[int] = field(default_factory=set)
    first_on: date = date.max


def build(
    frame: Frame, firms: Firms, cards: list[ProductRow], faces: list[ContactRow], pursuits: list[Pursuit]
) -> Shelves:
    """A distributor stocks at least what was won through it. Each product has a primary one, if any."""
    chance = frame.chance("shelves")
    sold = _sold(firms, pursuits)
    buyers = _buyers(faces, firms)
    found = Shelves()
    for maker in firms.makers:
        card = [product for product in cards if product.principal_id == maker]
        for house in firms.houses:
            won = sold.get((house, maker))
            state = _A.STOCKED if won else weighted(chance, _STATES)
            if state is None:
                continue
            row = _authorization(frame, firms, chance, house, maker, state, won)
            row.buyer_contact_id = sometimes(chance, 0.75, buyers.get(house) or (None,))
            row.notes = sometimes(chance, 0.25, words.lines("distributors", f"state {state.value}"))
            found.authorizations.append(row)
            if state is _A.STOCKED:
                found.stock += _stock(chance, row, card, won.products if won else set())
    _choose_primary(chance, found.stock)
    return found


def _sold(firms: Firms, pursuits: Iterable[Pursuit]) -> dict[tuple[int, int], _Sold]:
    found: dict[tuple[int, int], _Sold] = {}
    for pursuit in pursuits:
        row = pursuit.row
        if row.stage is not OpportunityStage.CLOSED_WON or row.distributor_id not in firms.houses:
            continue
        for product in pursuit.products:
            one = found.setdefault((row.distributor_id, product.principal_id), _Sold())
            one.products.add(product.product_id)
            one.first_on = min(one.first_on, row.stage_changed_at.date())
    return found


def _buyers(faces: list[ContactRow], firms: Firms) -> dict[int, list[int]]:
    """Who decides at each distributor."""
    found: dict[int, list[int]] = {}
    for face in faces:
        decides = face.left_on is None and (face.position or "").startswith(_BUYERS)
        if decides and face.organization_id in firms.houses:
            found.setdefault(face.organization_id, []).append(face.contact_id)
    return found


def _authorization(
    frame: Frame,
    firms: Firms,
    chance: Random,
    house: int,
    maker: int,
    state: AuthorizationState,
    won: _Sold | None,
) -> AuthorizationRow:
    known_on = max(firms.rows[number - 1].created_at.date() for number in (house, maker)) + timedelta(days=1)
    latest = min(won.first_on if won else frame.today, frame.today)
    earliest = min(max(known_on, frame.ago(600)), latest)
    since_on = earliest + timedelta(days=chance.randrange((latest - earliest).days + 1))
    row = AuthorizationRow(
        distributor_id=house,
        principal_id=maker,
        state=state,
        since_on=since_on,
        created_at=frame.moment(since_on, chance.randrange(5, 55)),
    )
    if state is _A.EXPIRED:
        row.expires_on = since_on
    elif state in (_A.AUTHORIZED, _A.STOCKED) and chance.random() < 0.6:
        lapsed = chance.random() < _LAPSED_SHARE
        row.expires_on = frame.ago(chance.randrange(2, 40) if lapsed else -chance.randrange(6, 420))
        row.expires_on = max(row.expires_on, since_on)
    return row


def _stock(chance: Random, at: AuthorizationRow, card: list[ProductRow], won: set[int]) -> list[StockRow]:
    """What of a line card stands at a distributor: all that was won, and a part of the rest."""
    depth = chance.uniform(0.25, 0.75)
    rows = []
    for product in card:
        is_won = product.product_id in won
        is_drawn = chance.random() < depth and product.status is not ProductStatus.COMING_SOON
        if not (is_won or is_drawn):
            continue
        status = StockStatus.STOCKED if is_won else weighted(chance, _STATUSES)
        if product.status is ProductStatus.DISCONTINUED:
            status = StockStatus.DISCONTINUED
        rows.append(
            StockRow(
                product_id=product.product_id,
                distributor_id=at.distributor_id,
                status=status,
                since_on=at.since_on,
                created_at=at.created_at,
                item_number=sometimes(chance, 0.94, (f"{chance.randrange(100_000, 9_999_999)}",)),
            )
        )
    return rows


def _choose_primary(chance: Random, stock: list[StockRow]) -> None:
    """One of the distributors that stock a product is its primary one."""
    places: dict[int, list[StockRow]] = {}
    for row in stock:
        if row.status is StockStatus.STOCKED:
            places.setdefault(row.product_id, []).append(row)
    for rows in places.values():
        chance.choice(rows).is_primary = True
