"""Opportunities: bringing them in, moving them from stage to stage, changing what they say.

Whoever wants to know whether a person may do it asks `crm.policy` first. Who moved one from where stands in
its stage timeline, which triggers keep for the person of the transaction.

Each function takes the row for itself before it looks: of two people who move one opportunity at once the
second is told so.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm.attributes import flag_modified

from crm.db import db
from crm.enums import OpportunityStage
from crm.errors import Refused
from crm.models import Contact, Opportunity, Organization, User
from crm.services import opportunity_products

NOT_RECORDED = "Not recorded"
"""The reason of what an import brought in closed; people give one."""

MOST_REASON, MOST_CLOSE_NOTE = 100, 2_000


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a person says about an opportunity, new or changed; its stage and its products apart."""

    name: str
    organization_id: int
    primary_contact_id: int | None = None
    context: str | None = None
    distributor_id: int | None = None
    source: str | None = None
    tags: Sequence[str] = ()
    next_action: str | None = None
    expected_close_on: date | None = None
    cases_per_week: int | None = None
    notes: str | None = None


@dataclass(frozen=True)
class Part:
    """One opportunity of those that an entry becomes: what it is called and what it is about."""

    name: str
    product_ids: Collection[int]
    principal_ids: Collection[int]
    """All of them: those without a product here are the ones chosen by hand."""


@dataclass(frozen=True)
class Was:
    """What an opportunity was before a move, and the version that made of it."""

    opportunity_id: int
    version: int
    stage: OpportunityStage
    stage_changed_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    close_note: str | None


def create(
    facts: Facts, parts: Sequence[Part], *, stage: OpportunityStage, started_on: date, by: User, now: datetime
) -> list[Opportunity]:
    """Bring in one opportunity for each of `parts`, owned by `by`, in the open stage `stage` since `now`.

    Raises `Refused` if the organization, contact, distributor, a product or a principal is not there any more
    or does not belong together, nothing is brought at all, or one of the products is in an open opportunity
    of the organization already.
    """
    if stage.is_closed:
        raise Refused("A new opportunity begins in an open stage. Close it afterwards.", field="stage")
    check_whom(facts.organization_id, facts.primary_contact_id)
    _check_distributor(facts.distributor_id)
    opportunity_products.take_turns(facts.organization_id)
    everything = {number for part in parts for number in part.product_ids}
    opportunity_products.refuse_twins(facts.organization_id, everything)
    return [_create(facts, part, stage=stage, started_on=started_on, by=by, now=now) for part in parts]


def _create(
    facts: Facts, part: Part, *, stage: OpportunityStage, started_on: date, by: User, now: datetime
) -> Opportunity:
    opportunity = Opportunity(
        stage=stage, stage_changed_at=now, started_on=started_on, owner_id=by.keeper_id, **_columns(facts)
    )
    opportunity.name = part.name
    db.session.add(opportunity)
    db.session.flush()
    opportunity_products.assign(opportunity, product_ids=part.product_ids, principal_ids=part.principal_ids)
    return opportunity


def change(
    opportunity: Opportunity,
    facts: Facts,
    *,
    product_ids: Collection[int],
    principal_ids: Collection[int],
    owners: tuple[int | None, int | None] | None = None,
    seen: int | None = None,
) -> None:
    """Let an opportunity say `facts` and be about these products and the principals chosen by hand; `owners`
    are its owner and second owner, None leaves them.

    Raises `Refused` if it was changed since version `seen`, or what is new in it is not there any more, does
    not belong together, or is in another open opportunity of the organization. What was said before and has
    gone since may stay.
    """
    _take(opportunity)
    if seen is not None and seen != opportunity.version:
        raise Refused("Somebody changed this since you opened it. Look at it again.", field="version")
    moved = facts.organization_id != opportunity.organization_id
    if moved or facts.primary_contact_id != opportunity.primary_contact_id:
        check_whom(facts.organization_id, facts.primary_contact_id)
    if facts.distributor_id != opportunity.distributor_id:
        _check_distributor(facts.distributor_id)
    if opportunity.closed_at is None:
        new = set(product_ids) - (set() if moved else opportunity_products.of(opportunity))
        opportunity_products.take_turns(facts.organization_id)
        opportunity_products.refuse_twins(facts.organization_id, new, but=opportunity.opportunity_id)
    for column, value in _columns(facts).items():
        setattr(opportunity, column, value)
    if owners is not None:
        _give(opportunity, *owners)
    if opportunity_products.assign(opportunity, product_ids=product_ids, principal_ids=principal_ids):
        # What it is about is a part of what was seen: the next one who edits it must notice.
        flag_modified(opportunity, "name")
    db.session.flush()


def move(
    opportunity: Opportunity,
    *,
    to: OpportunityStage,
    now: datetime,
    reason: str | None = None,
    note: str | None = None,
    seen: OpportunityStage | None = None,
) -> Was:
    """Put an opportunity into the stage `to` at `now`, whatever stage it is in. Closing needs a `reason`, may
    have a `note`, and reopening clears both. What it was comes back, for `undo_move`.

    Raises `Refused` if it is there already, is not in the stage `seen` any more, is archived, is closed
    without a reason, or would be open again beside another one for the same product.
    """
    _take(opportunity)
    _check_still_at(opportunity, seen, to)
    was = _was(opportunity)
    if to.is_closed:
        opportunity.closed_at, opportunity.close_reason = now, _reason(reason)
        opportunity.close_note = note or None
    else:
        if was.closed_at is not None:
            _check_alone(opportunity)
        opportunity.closed_at = opportunity.close_reason = opportunity.close_note = None
    opportunity.stage, opportunity.stage_changed_at = to, now
    db.session.flush()
    return replace(was, version=opportunity.version)


def undo_move(opportunity: Opportunity, was: Was) -> None:
    """Take the last move back, as if it had not been: the days in the stage go on counting.

    Raises `Refused` if it was changed since, or would be open again beside another one.
    """
    _take(opportunity)
    if opportunity.version != was.version:
        raise Refused("This was changed again since, so it stays as it is now.")
    if opportunity.closed_at is not None and was.closed_at is None:
        _check_alone(opportunity)
    opportunity.stage, opportunity.stage_changed_at = was.stage, was.stage_changed_at
    opportunity.closed_at, opportunity.close_reason = was.closed_at, was.close_reason
    opportunity.close_note = was.close_note
    db.session.flush()


def archive(opportunity: Opportunity, *, now: datetime) -> None:
    """Take an opportunity out of every list and count. Raises `Refused` if it is archived."""
    _take(opportunity)
    if opportunity.deleted_at is not None:
        raise Refused("This is archived already.")
    opportunity.deleted_at = now
    db.session.flush()


def restore(opportunity: Opportunity) -> None:
    """Bring an archived opportunity back. Raises `Refused` if it is not archived, or if it is open and
    another one for the same product came meanwhile.
    """
    _take(opportunity)
    if opportunity.deleted_at is None:
        raise Refused("This is back already.")
    if opportunity.closed_at is None:
        _check_alone(opportunity)
    opportunity.deleted_at = None
    db.session.flush()


def check_whom(organization_id: int, contact_id: int | None) -> None:
    """Raises `Refused` if the organization is not there any more, or the contact is not one of theirs."""
    organization = db.session.get(Organization, organization_id)
    if organization is None:
        raise Refused("This organization is no longer there. Choose another one.", field="organization")
    if organization.is_archived:
        words = f"{organization.name} is archived. Restore it first, or choose another organization."
        raise Refused(words, field="organization")
    if contact_id is None:
        return
    contact = db.session.get(Contact, contact_id)
    if contact is None or contact.is_archived:
        raise Refused("This contact is no longer there. Choose somebody else.", field="contact")
    if contact.organization_id != organization_id:
        words = f"{contact.full_name} does not work at {organization.name}. Choose one of their people."
        raise Refused(words, field="contact")


def _check_distributor(organization_id: int | None) -> None:
    if organization_id is None:
        return
    distributor = db.session.get(Organization, organization_id)
    if distributor is None or distributor.is_archived or not distributor.is_distributor:
        raise Refused("This is no distributor of ours any more. Choose another one.", field="distributor")


def _give(opportunity: Opportunity, owner: int | None, second_owner: int | None) -> None:
    """Change who keeps it. Raises `Refused` for somebody new who does not sign in here any more."""
    before = (opportunity.owner_id, opportunity.second_owner_id)
    for field, number in (("owner", owner), ("second_owner", second_owner)):
        keeper = db.session.get(User, number) if number not in (None, *before) else None
        if number not in (None, *before) and (keeper is None or not keeper.active):
            raise Refused(
                "This person does not sign in here any more. Choose a colleague who does.", field=field
            )
    opportunity.owner_id, opportunity.second_owner_id = owner, second_owner


def _check_still_at(opportunity: Opportunity, seen: OpportunityStage | None, to: OpportunityStage) -> None:
    if opportunity.deleted_at is not None:
        raise Refused("This is archived. Restore it first, then move it.")
    if opportunity.stage is to:
        raise Refused(f"It is in {to} already. Nothing was changed.", field="stage")
    if seen is not None and opportunity.stage is not seen:
        words = f"Somebody moved it to {opportunity.stage} since you opened this. Look at it again."
        raise Refused(words, field="stage")


def _check_alone(opportunity: Opportunity) -> None:
    """What is about to be open (again) must not stand beside an open one for the same product."""
    if opportunity.organization_id is None:
        return
    opportunity_products.take_turns(opportunity.organization_id)
    opportunity_products.refuse_twins(
        opportunity.organization_id,
        opportunity_products.of(opportunity),
        but=opportunity.opportunity_id,
    )


def _reason(reason: str | None) -> str:
    if not reason:
        raise Refused("Say why it ends: the next one like it learns from it.", field="reason")
    if reason.casefold() == NOT_RECORDED.casefold():
        raise Refused("Choose the reason that comes nearest; a note can say more.", field="reason")
    return reason


def _columns(facts: Facts) -> dict[str, object]:
    return {
        "name": facts.name,
        "organization_id": facts.organization_id,
        "primary_contact_id": facts.primary_contact_id,
        "context": facts.context,
        "distributor_id": facts.distributor_id,
        "source": facts.source,
        "tags": list(facts.tags),
        "next_action": facts.next_action,
        "expected_close_on": facts.expected_close_on,
        "cases_per_week": facts.cases_per_week,
        "notes": facts.notes,
    }


def _take(opportunity: Opportunity) -> None:
    """Lock the row and read it as it is now; whoever holds it is waited for."""
    db.session.refresh(opportunity, with_for_update=True)


def _was(opportunity: Opportunity) -> Was:
    return Was(
        opportunity.opportunity_id,
        opportunity.version,
        opportunity.stage,
        opportunity.stage_changed_at,
        opportunity.closed_at,
        opportunity.close_reason,
        opportunity.close_note,
    )
