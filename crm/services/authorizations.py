"""The rules of how far a distributor has taken a principal on. What lapsed warns, and blocks nothing."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from crm.db import db
from crm.enums import AuthorizationState
from crm.errors import Refused
from crm.models import Contact, DistributorPrincipal, Organization
from crm.services import records


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a person says of a distributor and a principal, by the names of the columns."""

    state: AuthorizationState = AuthorizationState.TARGET
    buyer_contact_id: int | None = None
    since_on: date | None = None
    expires_on: date | None = None
    notes: str | None = None


def begin(entry: Entry, *, distributor_id: int, principal_id: int, today: date) -> DistributorPrincipal:
    """Note how far a distributor has taken a principal on, since `today` (the firm's day) if nobody says.

    Raises `Refused` where one of the two is not what it should be, or the buyer is somewhere else; two lines
    for one pair are the database's to refuse.
    """
    distributor = db.session.get(Organization, distributor_id)
    if distributor is None or distributor.is_archived or not distributor.is_distributor:
        raise Refused("That is no distributor of the book. Choose one of the list.", field="distributor_id")
    maker = db.session.get(Organization, principal_id)
    if maker is None or maker.is_archived or not maker.is_principal:
        raise Refused("That is no principal of the book. Choose one of the list.", field="principal_id")
    if distributor_id == principal_id:
        raise Refused("That is one and the same organization. Choose another one.", field="distributor_id")
    _check(entry, distributor_id, was=None)
    said = entry if entry.since_on else _since(entry, today)
    return records.create(
        DistributorPrincipal,
        {"distributor_id": distributor_id, "principal_id": principal_id, **asdict(said)},
    )


def change(row: DistributorPrincipal, entry: Entry, *, seen: int, today: date) -> DistributorPrincipal:
    """Change a row that was read at version `seen`. A new state holds since `today`, the firm's day, unless
    the person said another day. Raises `Refused` for a buyer who is somewhere else.
    """
    _check(entry, row.distributor_id, was=row.buyer_contact_id)
    is_new = entry.state is not row.state and entry.since_on == row.since_on
    return records.change(row, asdict(_since(entry, today) if is_new else entry), seen=seen)


def take_off(row: DistributorPrincipal, *, now: datetime) -> DistributorPrincipal:
    """The two are not spoken of together any more. The row stays in the history and can be put back."""
    return records.archive(row, now=now)


def put_back(row: DistributorPrincipal) -> DistributorPrincipal:
    """Undo `take_off`."""
    records.take(row).deleted_at = None
    db.session.flush()
    return row


def _since(entry: Entry, today: date) -> Entry:
    """The entry since today, unless it had run out by then: a row never ends before it begins."""
    return entry if entry.expires_on and entry.expires_on < today else replace(entry, since_on=today)


def _check(entry: Entry, distributor_id: int, *, was: int | None) -> None:
    if entry.since_on and entry.expires_on and entry.expires_on < entry.since_on:
        raise Refused("It cannot end before it begins. Choose a later day.", field="expires_on")
    if entry.buyer_contact_id is None or entry.buyer_contact_id == was:
        return
    buyer = db.session.get(Contact, entry.buyer_contact_id)
    if buyer is None or buyer.is_archived or buyer.organization_id != distributor_id:
        raise Refused(
            "The buyer works somewhere else. Choose somebody of the distributor.", field="buyer_contact_id"
        )
