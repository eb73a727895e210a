"""All that happened around one record in one row of time: interactions, stage moves, samples, changes of it.

Each kind is asked for as many as a part shows, and the newest of all are taken; the place after the last one
is where each kind goes on.
"""

from functools import cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from crm.db import db
from crm.models import Contact, Interaction, Opportunity, Sample
from crm.queries import history, samples, stage_moves, timeline
from crm.queries.history import Change
from crm.queries.limits import LIMIT
from crm.queries.samples import Step
from crm.queries.stage_moves import Move
from crm.queries.timeline import Entry, Place

PAGE = timeline.PAGE

Event: TypeAlias = Entry | Step | Move | Change


# Both statements of a kind of record are built once and told whose and how many at each run: building costs
# more than running them.
_NUMBER = sa.bindparam("record", type_=sa.BigInteger)


class _Statements(NamedTuple):
    """What selects the interactions with a record, and the steps of samples and stages around it."""

    entries: sa.Select[Any]
    steps: sa.Select[Any]


def of_organization(
    organization_id: int, *, before: Place | None = None, limit: int = PAGE
) -> tuple[list[Event], Place | None]:
    """What happened with an organization, newest first, and where the part before it begins (None = nowhere).

    An interaction that names no organization itself counts for that of its contact or opportunity.
    """
    statements = _at_organization(is_further=before is not None)
    changes = history.of("organizations", organization_id, before=before, limit=limit + 1, is_glance=True)
    return _newest(statements, organization_id, changes, before=before, limit=limit)


def of_contact(
    contact_id: int, *, before: Place | None = None, limit: int = PAGE
) -> tuple[list[Event], Place | None]:
    """What happened with a contact, wherever they worked then; as `of_organization`."""
    statements = _with_contact(is_further=before is not None)
    changes = history.of("contacts", contact_id, before=before, limit=limit + 1, is_glance=True)
    return _newest(statements, contact_id, changes, before=before, limit=limit)


def of_opportunity(
    opportunity_id: int, *, before: Place | None = None, limit: int = PAGE
) -> tuple[list[Event], Place | None]:
    """What happened with an opportunity, as `of_organization`; its moves stand for the changes they are."""
    statements = _about_opportunity(is_further=before is not None)
    changes = history.of(
        "opportunities",
        opportunity_id,
        before=before,
        limit=limit + 1,
        is_glance=True,
        but=history.OF_A_MOVE,
    )
    return _newest(statements, opportunity_id, changes, before=before, limit=limit)


@cache
def _at_organization(*, is_further: bool) -> _Statements:
    theirs = sa.select(Contact.contact_id).where(Contact.organization_id == _NUMBER)
    about = sa.select(Opportunity.opportunity_id).where(Opportunity.organization_id == _NUMBER)
    whose = sa.or_(
        Interaction.organization_id == _NUMBER,
        sa.and_(
            Interaction.organization_id.is_(None),
            sa.or_(
                Interaction.contact_id == sa.any_(sa.func.array(theirs.scalar_subquery())),
                Interaction.opportunity_id == sa.any_(sa.func.array(about.scalar_subquery())),
            ),
        ),
    )
    return _Statements(
        timeline.chosen(whose, is_further=is_further, has_ways=True),
        _steps(
            samples.steps(Opportunity.organization_id == _NUMBER),
            stage_moves.steps(Opportunity.organization_id == _NUMBER),
            is_further=is_further,
        ),
    )


@cache
def _with_contact(*, is_further: bool) -> _Statements:
    return _Statements(
        timeline.chosen(Interaction.contact_id == _NUMBER, is_further=is_further),
        _steps(
            samples.steps(Sample.contact_id == _NUMBER),
            stage_moves.steps(Opportunity.primary_contact_id == _NUMBER),
            is_further=is_further,
        ),
    )


@cache
def _about_opportunity(*, is_further: bool) -> _Statements:
    return _Statements(
        timeline.chosen(Interaction.opportunity_id == _NUMBER, is_further=is_further, is_archived_too=True),
        _steps(
            samples.steps(Sample.opportunity_id == _NUMBER, is_archived_too=True),
            stage_moves.steps(Opportunity.opportunity_id == _NUMBER, is_archived_too=True),
            is_further=is_further,
        ),
    )


def _steps(of_samples: sa.Select[Any], of_stages: sa.Select[Any], *, is_further: bool) -> sa.Select[Any]:
    """The steps of samples and of opportunities, newest first: one question for both."""
    both = sa.union_all(of_samples, of_stages).subquery()
    place = (both.c.at, both.c.rank, both.c.number)
    query = sa.select(both).order_by(*(part.desc() for part in place)).limit(LIMIT)
    return query.where(timeline.beyond(*place)) if is_further else query


def _newest(
    statements: _Statements, record_id: int, changes: list[Change], *, before: Place | None, limit: int
) -> tuple[list[Event], Place | None]:
    asked = {"record": record_id, "limit": limit + 1, **(before._asdict() if before else {})}
    steps = [
        samples.read_step(number, at, told) if rank == Step.rank else stage_moves.read(number, at, told)
        for at, rank, number, told in db.session.execute(statements.steps, asked)
    ]
    events: list[Event] = [*timeline.read(statements.entries, asked), *steps, *changes]
    events.sort(key=_place, reverse=True)
    return events[:limit], _place(events[limit - 1]) if len(events) > limit else None


def _place(event: Event) -> Place:
    return Place(event.at, event.rank, event.number)
