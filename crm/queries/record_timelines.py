"""All that happened around one record in one row of time: interactions, stage moves, samples, changes of it.

Each kind is asked for as many as a part shows, and the newest of all are taken; the place after the last one
is where each kind goes on.
"""

from typing import Any, TypeAlias

import sqlalchemy as sa

from crm.db import db
from crm.models import Contact, Interaction, Opportunity, Sample
from crm.queries import history, samples, stage_moves, timeline
from crm.queries.history import Change
from crm.queries.samples import Step
from crm.queries.stage_moves import Move
from crm.queries.timeline import Entry, Place

PAGE = timeline.PAGE

Event: TypeAlias = Entry | Step | Move | Change


def of_organization(
    organization_id: int, *, before: Place | None = None, limit: int = PAGE
) -> tuple[list[Event], Place | None]:
    """What happened with an organization, newest first, and where the part before it begins (None = nowhere).

    An interaction that names no organization itself counts for that of its contact or opportunity.
    """
    theirs = sa.select(Contact.contact_id).where(Contact.organization_id == organization_id)
    about = sa.select(Opportunity.opportunity_id).where(Opportunity.organization_id == organization_id)
    whose = sa.or_(
        Interaction.organization_id == organization_id,
        sa.and_(
            Interaction.organization_id.is_(None),
            sa.or_(
                Interaction.contact_id == sa.any_(sa.func.array(theirs.scalar_subquery())),
                Interaction.opportunity_id == sa.any_(sa.func.array(about.scalar_subquery())),
            ),
        ),
    )
    return _newest(
        timeline.of_record(whose, before=before, limit=limit + 1),
        _steps(
            samples.steps(Opportunity.organization_id == organization_id),
            stage_moves.steps(Opportunity.organization_id == organization_id),
            before=before,
            limit=limit + 1,
        ),
        history.of("organizations", organization_id, before=before, limit=limit + 1, is_glance=True),
        limit=limit,
    )


def of_contact(
    contact_id: int, *, before: Place | None = None, limit: int = PAGE
) -> tuple[list[Event], Place | None]:
    """What happened with a contact, wherever they worked then; as `of_organization`."""
    return _newest(
        timeline.of_record(Interaction.contact_id == contact_id, before=before, limit=limit + 1),
        _steps(
            samples.steps(Sample.contact_id == contact_id),
            stage_moves.steps(Opportunity.primary_contact_id == contact_id),
            before=before,
            limit=limit + 1,
        ),
        history.of("contacts", contact_id, before=before, limit=limit + 1, is_glance=True),
        limit=limit,
    )


def of_opportunity(
    opportunity_id: int, *, before: Place | None = None, limit: int = PAGE
) -> tuple[list[Event], Place | None]:
    """What happened with an opportunity, as `of_organization`; its moves stand for the changes they are."""
    return _newest(
        timeline.of_record(
            Interaction.opportunity_id == opportunity_id, before=before, limit=limit + 1, is_archived_too=True
        ),
        _steps(
            samples.steps(Sample.opportunity_id == opportunity_id, is_archived_too=True),
            stage_moves.steps(Opportunity.opportunity_id == opportunity_id, is_archived_too=True),
            before=before,
            limit=limit + 1,
        ),
        history.of(
            "opportunities",
            opportunity_id,
            before=before,
            limit=limit + 1,
            is_glance=True,
            but=history.OF_A_MOVE,
        ),
        limit=limit,
    )


def _steps(
    of_samples: sa.Select[Any], of_stages: sa.Select[Any], *, before: Place | None, limit: int
) -> list[Step | Move]:
    """The steps of samples and of opportunities, newest first: one question for both."""
    both = sa.union_all(of_samples, of_stages).subquery()
    place = (both.c.at, both.c.rank, both.c.number)
    query = sa.select(both).order_by(*(part.desc() for part in place)).limit(limit)
    if before is not None:
        query = query.where(sa.tuple_(*place) < sa.tuple_(*(sa.literal(part) for part in before)))
    return [
        samples.read_step(number, at, told) if rank == Step.rank else stage_moves.read(number, at, told)
        for at, rank, number, told in db.session.execute(query)
    ]


def _newest(
    entries: list[Entry], steps: list[Step | Move], changes: list[Change], *, limit: int
) -> tuple[list[Event], Place | None]:
    events: list[Event] = [*entries, *steps, *changes]
    events.sort(key=_place, reverse=True)
    return events[:limit], _place(events[limit - 1]) if len(events) > limit else None


def _place(event: Event) -> Place:
    return Place(event.at, event.rank, event.number)
