"""Opportunities: making, changing, moving from stage to stage, products in and out."""

from dataclasses import fields
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from crm import clock, queries, record_pages, services, web
from crm.api.operations import Answer, operation
from crm.api.organizations import principal
from crm.api.records import Noun, add, add_list, made, patched, read, to_change
from crm.api.schemas import Id, Ids, Reading, Writing, line, missing, reading, writing
from crm.enums import AdvocacyStatus, OpportunityStage, Picklist
from crm.errors import Refused
from crm.models import Opportunity, OpportunityPrincipal, OpportunityProduct
from crm.queries.lists import OPPORTUNITIES
from crm.services import opportunity_contacts
from crm.services.opportunities import MOST_CLOSE_NOTE, Facts, Part


def _numbers(link: Any, number: Any) -> Any:
    """The numbers that stand on an opportunity, in order."""
    some = sa.select(number).where(link.opportunity_id == Opportunity.opportunity_id).order_by(number)
    return sa.func.array(some.correlate(Opportunity).scalar_subquery(), type_=sa.ARRAY(sa.BigInteger))


def _create(said: Any) -> Opportunity:
    [row] = services.opportunities.create(
        made(Facts, said),
        [Part(said.name, said.product_ids, said.principal_ids)],
        stage=said.stage,
        started_on=web.today(),
        by=web.person(),
        now=clock.now(),
    )
    return row


def _change(row: Opportunity, said: Any, seen: int) -> None:
    sent = {name: getattr(said, name) for name in said.model_fields_set}
    services.opportunities.change(
        row,
        patched(Facts, row, said),
        product_ids=sent.get("product_ids", services.opportunity_products.of(row)),
        principal_ids=sent.get("principal_ids", services.opportunity_products.chosen(row)),
        owners=(sent.get("owner_id", row.owner_id), sent.get("second_owner_id", row.second_owner_id)),
        seen=seen,
    )


ABOUT = ("product_ids", "principal_ids")
BRINGS: dict[str, Any] = {name: (Ids, Field(default_factory=list)) for name in ABOUT}
KEEPS: dict[str, Any] = {name: (Ids, missing()) for name in ABOUT}
NOUN = Noun(
    name="opportunities",
    one="opportunity",
    key="opportunity_id",
    listing=OPPORTUNITIES,
    details=sa.select(
        Opportunity,
        _numbers(OpportunityProduct, OpportunityProduct.product_id).label("product_ids"),
        _numbers(OpportunityPrincipal, OpportunityPrincipal.principal_id).label("principal_ids"),
    ),
    reads=reading("Opportunity", Opportunity, product_ids=list[int], principal_ids=list[int]),
    row=queries.opportunities.record,
    owners=lambda row: (row.owner_id, row.second_owner_id),
    words={"context": Picklist.CONTEXT, "source": Picklist.SOURCE},
    creates=writing(
        "NewOpportunity",
        Facts,
        stage=(OpportunityStage, OpportunityStage.NEW_LEAD),
        **BRINGS,
    ),
    create=_create,
    changes=writing(
        "OpportunityChange",
        Facts,
        is_partial=True,
        owner_id=(Id | None, missing()),
        second_owner_id=(Id | None, missing()),
        **KEEPS,
    ),
    change=_change,
    archive=lambda row: services.opportunities.archive(row, now=clock.now()),
    restore=services.opportunities.restore,
)

add(NOUN)
add_list(
    NOUN,
    "/principals/<principal_id>/opportunities",
    name="list_opportunities_of_principal",
    summary="The opportunities of one principal.",
    filters=("principal",),
    is_there=principal,
)
add_list(
    NOUN,
    "/organizations/<organization_id>/opportunities",
    name="list_opportunities_of_organization",
    summary="The opportunities of one organization.",
    filters=("organization",),
    is_there=queries.organizations.record,
)


class Move(Writing):
    """To which stage; closing asks why, and `seen` refuses where somebody moved it meanwhile."""

    stage: OpportunityStage
    close_reason: line(100) = None  # type: ignore[valid-type]
    close_note: Annotated[str, Field(max_length=MOST_CLOSE_NOTE)] | None = None
    seen: OpportunityStage | None = None


@operation(
    "POST",
    "/opportunities/<opportunity_id>/stage",
    noun="opportunities",
    name="move_opportunity",
    body=Move,
    answers=NOUN.reads,
    versioned=True,
)
def move(opportunity_id: int, said: Move) -> Answer:
    """Move it to another stage. Closing needs a reason of the firm's; reopening clears it."""
    row = _to_move(opportunity_id)
    reason = said.close_reason
    if said.stage.is_closed and reason is not None:
        offered = queries.picklists.words(Picklist.CLOSE_REASON, under=said.stage.value)
        if reason not in offered:
            raise Refused(f"“{reason}” is no reason that the firm keeps.", field="close_reason")
    services.opportunities.move(
        row,
        to=said.stage,
        now=clock.now(),
        reason=reason,
        note=(said.close_note or "").replace("\x00", "") or None,
        seen=said.seen,
    )
    return read(NOUN, opportunity_id)


@operation(
    "PUT",
    "/opportunities/<opportunity_id>/products/<product_id>",
    noun="opportunities",
    name="add_product_to_opportunity",
    answers=NOUN.reads,
    versioned=True,
)
def put_in(opportunity_id: int, product_id: int) -> Answer:
    """Let it be about that product too; its principal comes along."""
    return _be_about(opportunity_id, lambda products: products | {product_id})


@operation(
    "DELETE",
    "/opportunities/<opportunity_id>/products/<product_id>",
    noun="opportunities",
    name="take_product_out_of_opportunity",
    answers=NOUN.reads,
    versioned=True,
)
def take_out(opportunity_id: int, product_id: int) -> Answer:
    """Let it be about that product no more; a principal goes with its last one."""
    return _be_about(opportunity_id, lambda products: products - {product_id})


def _be_about(opportunity_id: int, of: Any) -> Answer:
    row = to_change(NOUN, opportunity_id)
    services.opportunities.change(
        row,
        Facts(**{one.name: getattr(row, one.name) for one in fields(Facts)}),
        product_ids=of(services.opportunity_products.of(row)),
        principal_ids=services.opportunity_products.chosen(row),
    )
    return read(NOUN, opportunity_id)


def _to_move(opportunity_id: int) -> Opportunity:
    row = queries.opportunities.record(opportunity_id)
    record_pages.must_be_allowed(row.owner_id, row.second_owner_id)
    record_pages.must_be_live(row)
    return row


class Say(Writing):
    """What somebody's part is; a primary one takes that from who was."""

    role: line(100) = None  # type: ignore[valid-type]
    is_primary: bool = False


class Voice(Reading):
    """Somebody who has a say in an opportunity."""

    contact_id: int
    name: str
    position: str | None
    role: str | None
    advocacy_status: AdvocacyStatus | None
    is_primary: bool


class Voices(Reading):
    """Everybody who has a say in it."""

    items: list[Voice]


@operation(
    "GET",
    "/opportunities/<opportunity_id>/contacts",
    noun="opportunities",
    name="list_contacts_of_opportunity",
    answers=Voices,
)
def voices(opportunity_id: int) -> Voices:
    """Who has a say in it, and which."""
    queries.opportunities.record(opportunity_id)
    return _voices(opportunity_id)


@operation(
    "PUT",
    "/opportunities/<opportunity_id>/contacts/<contact_id>",
    noun="opportunities",
    name="give_contact_a_say",
    body=Say,
    answers=Voices,
)
def give(opportunity_id: int, contact_id: int, said: Say) -> Voices:
    """Let somebody of the organization or the distributor have a say in it."""
    row = to_change(NOUN, opportunity_id)
    if said.role is not None and said.role not in queries.picklists.words(Picklist.CONTACT_ROLE):
        raise Refused(f"“{said.role}” is no role that the firm keeps.", field="role")
    part = opportunity_contacts.Say(role=said.role, is_primary=said.is_primary)
    opportunity_contacts.give(row, contact_id, part)
    return _voices(opportunity_id)


@operation(
    "DELETE",
    "/opportunities/<opportunity_id>/contacts/<contact_id>",
    noun="opportunities",
    name="take_say_of_contact",
    answers=Voices,
)
def take_say(opportunity_id: int, contact_id: int) -> Voices:
    """They have no say in it any more."""
    row = to_change(NOUN, opportunity_id)
    opportunity_contacts.take_away(row, queries.opportunities.say(opportunity_id, contact_id))
    return _voices(opportunity_id)


def _voices(opportunity_id: int) -> Voices:
    parts = queries.opportunities.parts(opportunity_id, today=web.firm_today())
    return Voices(items=[Voice.model_validate(one) for one in parts.people])
