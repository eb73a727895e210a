"""Logging what happened, and taking it back."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crm.db import db
from crm.enums import InteractionType, Sentiment
from crm.errors import Refused
from crm.models import (
    Contact,
    Interaction,
    InteractionPrincipal,
    Opportunity,
    OpportunityPrincipal,
    Organization,
    User,
)
from crm.services import follow_ups, records

Live = TypeVar("Live", Contact, Opportunity, Organization)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a person says happened. At least one of contact, organization, opportunity or principal is
    named.
    """

    interaction_type: InteractionType
    contact_id: int | None = None
    organization_id: int | None = None
    opportunity_id: int | None = None
    principal_ids: Collection[int] = ()
    notes: str = ""
    sentiment: Sentiment = Sentiment.NEUTRAL
    happened_on: date | None = None
    """The day in the author's zone; None = right now."""
    follow_up_on: date | None = None
    """The promised day; None = nothing was promised."""
    follow_up_note: str = ""
    keeps: Collection[int] = ()
    """The interactions whose promises are kept by this one: open, or completed and not logged yet."""


def log(entry: Entry, *, by: User, now: datetime) -> Interaction:
    """Record `entry` as a touch by `by` at `now` (UTC). Its promise, if any, is theirs to keep.

    Raises `Refused` where something named does not exist or does not belong together, nothing at all is
    named, the day lies ahead, or a promise to keep is kept already.
    """
    contact = _live(Contact, entry.contact_id, field="about")
    opportunity = _live(Opportunity, entry.opportunity_id, field="opportunity")
    organization = _live(Organization, entry.organization_id, field="about")
    principal_ids = _principals(entry.principal_ids)
    if not (contact or opportunity or organization or principal_ids):
        raise Refused("Choose whom this was with: type three letters of a name.", field="about")
    if contact and opportunity:
        _belong_together(contact, opportunity)
    interaction = Interaction(
        interaction_type=entry.interaction_type,
        contact_id=entry.contact_id,
        opportunity_id=entry.opportunity_id,
        organization_id=_organization_of(organization, opportunity, contact),
        interaction_date=_moment(entry.happened_on, time_zone=by.time_zone, now=now),
        notes=entry.notes or None,
        sentiment=entry.sentiment,
        author_id=by.user_id,
        follow_up_required=entry.follow_up_on is not None,
        follow_up_date=entry.follow_up_on,
        follow_up_note=entry.follow_up_note or None if entry.follow_up_on else None,
        owner_id=by.keeper_id if entry.follow_up_on else None,
    )
    db.session.add(interaction)
    db.session.flush()
    db.session.add_all(
        InteractionPrincipal(interaction_id=interaction.interaction_id, principal_id=principal_id)
        for principal_id in principal_ids
    )
    for promise_id in sorted(set(entry.keeps)):  # in one order, so that two who log never wait in a circle
        _keep(promise_id, with_=interaction, by=by, now=now)
    db.session.flush()
    return interaction


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What an interaction should have said. Whom it was with stays: another person is another interaction."""

    interaction_type: InteractionType
    activity: str | None
    happened_on: date
    """The day in the zone of whoever corrects it."""
    subject: str | None
    notes: str | None
    sentiment: Sentiment
    location: str | None
    duration_minutes: int | None
    follow_up_note: str | None


def correct(interaction: Interaction, to: Correction, *, by: User, now: datetime, seen: int) -> Interaction:
    """Put right what was logged. The hour stays unless the day changes; then it is noon of that day.

    Raises `Refused` for a day to come, `StaleDataError` where it was changed since version `seen`.
    """
    day = interaction.interaction_date.astimezone(ZoneInfo(by.time_zone)).date()
    values = {one.name: getattr(to, one.name) for one in fields(to) if one.name != "happened_on"}
    if to.happened_on != day:
        values["interaction_date"] = _moment(to.happened_on, time_zone=by.time_zone, now=now)
    if not interaction.follow_up_required:
        values["follow_up_note"] = None
    return records.change(interaction, values, seen=seen)


def archive(interaction: Interaction, *, now: datetime) -> None:
    """Take an interaction out of every list and count. A promise that it kept is open again."""
    interaction.deleted_at = now
    db.session.execute(
        sa.update(Interaction)
        .where(Interaction.completed_with == interaction.interaction_id)
        .values(completed_at=None, completed_by=None, completed_with=None, version=Interaction.version + 1)
    )
    db.session.flush()


def _live(model: type[Live], key: int | None, *, field: str) -> Live | None:
    """The row of that key, None without one; raises `Refused` for a row that is not there or archived."""
    if key is None:
        return None
    row = db.session.get(model, key)
    if row is None or row.is_archived:
        raise Refused("This is no longer there. Choose somebody else.", field=field)
    return row


def _principals(ids: Collection[int]) -> set[int]:
    known = set(
        db.session.scalars(
            sa.select(Organization.organization_id).where(
                Organization.organization_id.in_(ids),
                Organization.is_principal,
                Organization.deleted_at.is_(None),
            )
        )
        if ids
        else ()
    )
    if known != set(ids):
        raise Refused("One of these is no principal of ours any more. Untick it.", field="principals")
    return known


def _belong_together(contact: Contact, opportunity: Opportunity) -> None:
    """A contact may speak about the own organization's opportunity, one it delivers for or makes the food
    of.
    """
    theirs = contact.organization_id
    if theirs is None or theirs in (opportunity.organization_id, opportunity.distributor_id):
        return
    if db.session.get(OpportunityPrincipal, (opportunity.opportunity_id, theirs)) is None:
        raise Refused("That opportunity is somebody else's. Choose one of their own.", field="opportunity")


def _organization_of(
    organization: Organization | None, opportunity: Opportunity | None, contact: Contact | None
) -> int | None:
    """Where it happened: what was named itself, else whose opportunity, else whose contact."""
    for owner in (organization, opportunity, contact):
        if owner is not None and owner.organization_id is not None:
            return owner.organization_id
    return None


def _moment(happened_on: date | None, *, time_zone: str, now: datetime) -> datetime:
    """Now for today; noon of an earlier day, whose hour nobody was asked for. Raises `Refused` for a later
    day.
    """
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    if happened_on is None or happened_on == today:
        return now
    if happened_on > today:
        raise Refused(
            "That day is still to come. A plan is a follow-up: choose its day below.", field="happened_on"
        )
    return datetime.combine(happened_on, time(12), zone).astimezone(UTC)


def _keep(interaction_id: int, *, with_: Interaction, by: User, now: datetime) -> None:
    promise = db.session.get(Interaction, interaction_id)
    if promise is None or not promise.follow_up_required or promise.is_archived:
        raise Refused("That follow-up is no longer there. Save again without it.", field="keeps")
    try:
        follow_ups.complete(promise, by=by, now=now, with_=with_)
    except Refused:
        already = "That follow-up is completed already. Save again without it."
        raise Refused(already, field="keeps") from None
