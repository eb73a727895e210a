"""Samples: what was sent to be tasted, and what they said of it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from crm import clock, queries, record_pages, services, web
from crm.api.operations import Answer, operation
from crm.api.opportunities import NOUN as OPPORTUNITY
from crm.api.records import Noun, add, add_list, read, to_change
from crm.api.schemas import Day, Id, Ids, Notes, Reading, Writing, reading, writing
from crm.enums import SampleStatus, SampleVerdict
from crm.errors import Refused
from crm.models import Sample
from crm.queries.lists import SAMPLES
from crm.services.samples import Entry, Sending


def _change(row: Sample, said: Any, seen: int) -> object:
    now = {one.name: getattr(row, one.name) for one in fields(Entry) if hasattr(row, one.name)}
    sent = {name: getattr(said, name) for name in said.model_fields_set}
    _check(sent, row)
    return services.samples.change(
        row,
        Entry(**now | sent),
        seen=seen,
        on=web.today(),
        by=web.person(),
        now=clock.now(),
        may_move=record_pages.may_change(queries.samples.get(row.sample_id).promise_owner_id),
    )


def _check(sent: Mapping[str, Any], row: Sample) -> None:
    """What the form asks of days and words."""
    today = web.today()
    for name in ("sent_on", "received_on", "tasted_on"):
        if sent.get(name) is not None and sent[name] > today:
            raise Refused("That day is still to come.", field=name)
    verdict = sent.get("verdict", row.verdict)
    if sent.get("feedback") and verdict is None:
        raise Refused("Choose a verdict, too: then it counts as feedback.", field="verdict")
    if sent.get("follow_up_on") is not None and sent["follow_up_on"] < today and verdict is None:
        raise Refused("Choose a day from today on.", field="follow_up_on")


NOUN = Noun(
    name="samples",
    one="sample",
    key="sample_id",
    listing=SAMPLES,
    details=sa.select(Sample),
    reads=reading("Sample", Sample),
    row=lambda number: queries.samples.get(number).record,
    owners=lambda row: queries.samples.get(row.sample_id).owners,
    changes=writing("SampleChange", Entry, is_partial=True),
    change=_change,
    archive=lambda row: services.samples.archive(row, by=web.person(), now=clock.now()),
    restore=services.samples.put_back,
)

add(NOUN)
add_list(
    NOUN,
    "/opportunities/<opportunity_id>/samples",
    name="list_samples_of_opportunity",
    summary="The samples of one opportunity.",
    filters=("opportunity",),
    is_there=queries.opportunities.record,
)


class NewSamples(Writing):
    """What went out, and the day on which you will ask what they think."""

    product_ids: Ids
    sent_on: Day
    follow_up_on: Day
    contact_id: Id | None = None


class Samples(Reading):
    """One sample for each product that went out."""

    items: list[NOUN.reads]  # type: ignore[name-defined]


class Step(Writing):
    """How far it is; feedback is given with its verdict."""

    status: SampleStatus


class Feedback(Writing):
    """What they said of it."""

    verdict: SampleVerdict
    feedback: Notes = None


@operation(
    "POST",
    "/opportunities/<opportunity_id>/samples",
    noun="samples",
    name="send_samples",
    body=NewSamples,
    answers=Samples,
    status=201,
)
def send(opportunity_id: int, said: NewSamples) -> Samples:
    """Note what was sent for an opportunity, with the promise to ask what they think."""
    row = to_change(OPPORTUNITY, opportunity_id)
    if said.sent_on > web.today():
        raise Refused("That day is still to come.", field="sent_on")
    if said.follow_up_on < web.today():
        raise Refused("Choose a day from today on.", field="follow_up_on")
    sent = services.samples.send(
        row,
        Sending(sent_on=said.sent_on, follow_up_on=said.follow_up_on, contact_id=said.contact_id),
        product_ids=said.product_ids,
        by=web.person(),
        now=clock.now(),
    )
    return Samples(items=[NOUN.reads.model_validate(one) for one in sent])


@operation(
    "POST",
    "/samples/<sample_id>/status",
    noun="samples",
    name="move_sample",
    body=Step,
    answers=NOUN.reads,
    versioned=True,
)
def move(sample_id: int, said: Step) -> Answer:
    """One step on, or back: going back forgets what came after."""
    services.samples.move(to_change(NOUN, sample_id), to=said.status, on=web.today())
    return read(NOUN, sample_id)


@operation(
    "POST",
    "/samples/<sample_id>/feedback",
    noun="samples",
    name="hear_of_sample",
    body=Feedback,
    answers=NOUN.reads,
    versioned=True,
)
def hear(sample_id: int, said: Feedback) -> Answer:
    """Note what they said. That keeps the promise to ask, unless others that went with it still wait."""
    services.samples.hear(
        to_change(NOUN, sample_id),
        verdict=said.verdict,
        feedback=said.feedback,
        on=web.today(),
        by=web.person(),
        now=clock.now(),
    )
    return read(NOUN, sample_id)
