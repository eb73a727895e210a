"""Follow-ups: what was promised, keeping it, moving it to another day, handing it over."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from crm import clock, queries, record_pages, services, web
from crm.api.interactions import check_promised
from crm.api.operations import Answer, match, operation
from crm.api.records import must_be_a_person, named
from crm.api.schemas import CURSOR, LIMIT, Asking, Day, Id, Reading, Writing, missing, page_of
from crm.enums import InteractionType
from crm.errors import Refused
from crm.models import Interaction
from crm.queries.follow_ups import Whose
from crm.queries.keys import read_number
from crm.queries.promises import Key, Promise, When

ONE = "/follow-ups/<interaction_id>"


class FollowUp(Reading):
    """A promise that an interaction carries. `status` is true while it is open."""

    interaction_id: int
    version: int
    status: bool
    what: str
    follow_up_date: date
    snoozed_until_on: date | None
    times_rescheduled: int
    completed_at: datetime | None
    completed_with: int | None
    interaction_type: InteractionType
    interaction_date: datetime
    owner_id: int | None
    contact_id: int | None
    organization_id: int | None
    opportunity_id: int | None
    principal_ids: list[int]


class Asked(Asking):
    """Whose, and which of them."""

    who: Annotated[
        str,
        Field(pattern="^(me|everyone|nobody|[0-9]{1,18})$", description="me, everyone, nobody, or a user."),
    ] = "me"
    when: Annotated[
        When, Field(description="One of the groups alone; without it all but the snoozed ones.")
    ] = missing()
    limit: LIMIT = 50
    cursor: CURSOR = ""


class Status(Writing):
    """`status`: false completes it, true opens it again."""

    status: bool


class Change(Writing):
    """Another day, a day until which it is hidden, or another keeper: one of them at a time or several."""

    follow_up_date: Day = missing()
    snoozed_until_on: Day = missing()
    owner_id: Id = missing()


FollowUpPage = page_of("FollowUpPage", FollowUp)


@operation("GET", "/follow-ups", noun="follow-ups", name="list_follow_ups", query=Asked, answers=FollowUpPage)
def index(asked: Asked) -> Reading:
    """Open promises by the day they are due, a page at a time."""
    after = Key.parse(asked.cursor)
    if asked.cursor and after is None:
        raise Refused("That is no cursor of this list.", field="cursor")
    rows, following = queries.follow_ups.page(
        _whose(asked.who),
        today=web.today(),
        when=asked.when,
        after=after,
        limit=asked.limit,
    )
    return FollowUpPage(
        items=[_shown(row) for row in rows], next_cursor=str(following) if following else None
    )


@operation("GET", ONE, noun="follow-ups", name="read_follow_up", answers=FollowUp, versioned=True)
def show(interaction_id: int) -> Answer:
    """One promise, kept or not, by the number of the interaction that carries it."""
    return _one(interaction_id)


def _one(interaction_id: int) -> Answer:
    promise = queries.follow_ups.get(interaction_id)
    return Answer(_shown(promise), version=promise.version)


@operation(
    "PUT", f"{ONE}/status", noun="follow-ups", name="set_follow_up_status", body=Status, answers=FollowUp,
    versioned=True,
)  # fmt: skip
def set_status(interaction_id: int, said: Status) -> Answer:
    """Complete it (`status` false) or open it again (true). Anyone may; one that is so already stays."""
    row = services.records.take(queries.follow_ups.record(interaction_id))
    if said.status and row.completed_at is not None:
        services.follow_ups.reopen(row)
    elif not said.status and row.completed_at is None:
        services.follow_ups.complete(row, by=web.person(), now=clock.now())
    return _one(interaction_id)


@operation(
    "PATCH", ONE, noun="follow-ups", name="change_follow_up", body=Change, answers=FollowUp, versioned=True,
    asks_version=True,
)  # fmt: skip
def change(interaction_id: int, said: Change) -> Answer:
    """Promise it for another day, hide it until a day, or let a colleague keep it."""
    row = queries.follow_ups.record(interaction_id)
    record_pages.must_be_allowed(row.owner_id)
    match(services.records.take(row))
    for name in ("follow_up_date", "snoozed_until_on", "owner_id"):
        if name in said.model_fields_set:
            CHANGES[name](row, said)
    return _one(interaction_id)


def _reschedule(row: Interaction, said: Change) -> None:
    check_promised(said.follow_up_date, web.today())
    services.follow_ups.reschedule(row, to=said.follow_up_date)


def _snooze(row: Interaction, said: Change) -> None:
    check_promised(said.snoozed_until_on, web.today(), field="snoozed_until_on", least=1)
    services.follow_ups.snooze(row, until=said.snoozed_until_on)


def _hand_over(row: Interaction, said: Change) -> None:
    must_be_a_person(said.owner_id, field="owner_id")
    services.follow_ups.hand_over(row, to=said.owner_id)


CHANGES: dict[str, Callable[[Interaction, Change], None]] = {
    "follow_up_date": _reschedule,
    "snoozed_until_on": _snooze,
    "owner_id": _hand_over,
}


def _whose(who: str) -> Whose:
    if who == "everyone":
        return "everyone"
    if who == "nobody":
        return "nobody"
    number = read_number(who)
    if number is None:
        return web.person().user_id
    return named(queries.users.colleague, number, field="who").user_id


def _shown(one: Promise) -> FollowUp:
    return FollowUp(
        interaction_id=one.interaction_id,
        version=one.version,
        status=one.completed_at is None,
        what=one.what,
        follow_up_date=one.follow_up_date,
        snoozed_until_on=one.snoozed_until_on,
        times_rescheduled=one.times_rescheduled,
        completed_at=one.completed_at,
        completed_with=one.completed_with,
        interaction_type=one.interaction_type,
        interaction_date=one.interaction_date,
        owner_id=one.owner.number if one.owner else None,
        contact_id=one.contact.number if one.contact else None,
        organization_id=one.organization.number if one.organization else None,
        opportunity_id=one.opportunity.number if one.opportunity else None,
        principal_ids=[maker.number for maker in one.principals],
    )
