"""Interactions: logging what happened, putting it right, taking it back."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from crm import clock, filters, queries, services, web
from crm.api.records import Noun, add, add_list
from crm.api.schemas import Day, Id, Ids, Notes, Writing, line, missing, reading, writing
from crm.enums import InteractionType, RecordKind, Sentiment
from crm.errors import Refused
from crm.forms.follow_ups import FARTHEST, TOO_FAR
from crm.models import Interaction, InteractionPrincipal
from crm.queries.keys import read_number
from crm.queries.lists import INTERACTIONS
from crm.queries.lists.listing import Filter
from crm.services.interactions import Correction, Entry


def _of(name: str, label: str, column: Any) -> Filter:
    return Filter(name=name, label=label, read=read_number, where=lambda number: column == number)


LISTING = replace(
    INTERACTIONS,
    filters=(
        *INTERACTIONS.filters,
        _of("opportunity", "Opportunity", Interaction.opportunity_id),
        _of("contact", "Contact", Interaction.contact_id),
        _of("organization", "Organization", Interaction.organization_id),
    ),
)
_PRINCIPALS = (
    sa.select(InteractionPrincipal.principal_id)
    .where(InteractionPrincipal.interaction_id == Interaction.interaction_id)
    .order_by(InteractionPrincipal.principal_id)
    .correlate(Interaction)
    .scalar_subquery()
)


class NewInteraction(Writing):
    """What happened, with at least one of contact, organization, opportunity or principal. A promise is a
    `follow_up_date`; `follow_up_required` says the same and may be left out.
    """

    interaction_type: InteractionType
    contact_id: Id | None = None
    organization_id: Id | None = None
    opportunity_id: Id | None = None
    principal_ids: Ids = Field(default_factory=list)
    interaction_date: Annotated[Day | None, Field(description="The day; null is right now.")] = None
    notes: Notes = None
    sentiment: Sentiment = Sentiment.NEUTRAL
    follow_up_required: bool | None = None
    follow_up_date: Day | None = None
    follow_up_note: line(200) = None  # type: ignore[valid-type]
    keeps: Annotated[Ids, Field(description="Follow-ups that this keeps.")] = Field(default_factory=list)


def _create(said: Any) -> Interaction:
    today = web.today()
    if said.follow_up_required is not None and said.follow_up_required != (said.follow_up_date is not None):
        raise Refused("A follow-up has a day, and a day is a follow-up.", field="follow_up_date")
    if said.interaction_date is not None and said.interaction_date < today - FARTHEST:
        raise Refused("That is more than two years ago. Check the year.", field="interaction_date")
    check_promised(said.follow_up_date, today)
    entry = Entry(
        interaction_type=said.interaction_type,
        contact_id=said.contact_id,
        organization_id=said.organization_id,
        opportunity_id=said.opportunity_id,
        principal_ids=said.principal_ids,
        notes=said.notes or "",
        sentiment=said.sentiment,
        happened_on=said.interaction_date,
        follow_up_on=said.follow_up_date,
        follow_up_note=said.follow_up_note or "",
        keeps=said.keeps,
    )
    return services.interactions.log(entry, by=web.person(), now=clock.now())


def check_promised(on: date | None, today: date, *, field: str = "follow_up_date", least: int = 0) -> None:
    """Raises `Refused` for a day that nobody can promise: one that has passed, or a slip of the year."""
    if on is None:
        return
    if on < today + timedelta(days=least):
        raise Refused(f"Choose a day from {'tomorrow' if least else 'today'} on.", field=field)
    if on > today + FARTHEST:
        raise Refused(TOO_FAR, field=field)


def _change(row: Interaction, said: Any, seen: int) -> object:
    day = filters.local_day(row.interaction_date, web.person().time_zone)
    sent = said.model_fields_set
    happened_on = said.interaction_date if "interaction_date" in sent else day
    correction = replace(
        _now(row, day), **{name: getattr(said, name) for name in sent - {"interaction_date"}}
    )
    return services.interactions.correct(
        row, replace(correction, happened_on=happened_on), by=web.person(), now=clock.now(), seen=seen
    )


def _now(row: Interaction, day: date) -> Correction:
    return Correction(
        interaction_type=row.interaction_type,
        activity=row.activity,
        happened_on=day,
        subject=row.subject,
        notes=row.notes,
        sentiment=row.sentiment or Sentiment.NEUTRAL,
        location=row.location,
        duration_minutes=row.duration_minutes,
        follow_up_note=row.follow_up_note,
    )


NOUN = Noun(
    name="interactions",
    one="interaction",
    key="interaction_id",
    listing=LISTING,
    details=sa.select(
        Interaction, sa.func.array(_PRINCIPALS, type_=sa.ARRAY(sa.BigInteger)).label("principal_ids")
    ),
    reads=reading("Interaction", Interaction, principal_ids=list[int]),
    row=queries.interactions.record,
    owners=lambda row: (row.author_id, row.owner_id),
    creates=NewInteraction,
    create=_create,
    changes=writing(
        "InteractionChange",
        Correction,
        leave=("happened_on",),
        is_partial=True,
        interaction_date=(Day, missing()),
    ),
    change=_change,
    archive=lambda row: services.interactions.archive(row, now=clock.now()),
    restore=lambda row: services.records.restore(RecordKind.INTERACTION, row.interaction_id),
)

add(NOUN)
for _path, _what, _filter, _is_there in (
    ("/opportunities/<opportunity_id>", "opportunity", "opportunity", queries.opportunities.record),
    ("/contacts/<contact_id>", "contact", "contact", queries.contacts.record),
    ("/organizations/<organization_id>", "organization", "organization", queries.organizations.record),
    ("/principals/<principal_id>", "principal", "principal", queries.organizations.record),
):
    add_list(
        NOUN,
        f"{_path}/interactions",
        name=f"list_interactions_of_{_what}",
        summary=f"What happened with one {_what}.",
        filters=(_filter,),
        is_there=_is_there,
    )
