"""What happens in a span of days: one predicate for a figure of the dashboard and for the list behind it.

A step of an opportunity opens it (its first), closes it (into one of the closed stages), or else moves it. An
interaction keeps a promise on the day on which the promise was completed.
"""

from enum import StrEnum

import sqlalchemy as sa

from crm.enums import CLOSED_STAGES
from crm.models import Interaction, Opportunity, OpportunityStageChange, Sample
from crm.queries.spans import Span

Condition = sa.ColumnElement[bool]


class Step(StrEnum):
    """What a change of stage does to an opportunity."""

    OPENED = "opened"
    MOVED = "moved"
    CLOSED = "closed"


def is_step(step: Step) -> Condition:
    """True for changes of stage of this kind."""
    change = OpportunityStageChange
    ends = change.to_stage.in_(CLOSED_STAGES)
    return {
        Step.OPENED: change.from_stage.is_(None),
        Step.MOVED: sa.and_(change.from_stage.is_not(None), ~ends),
        Step.CLOSED: sa.and_(change.from_stage.is_not(None), ends),
    }[step]


def stepped(step: Step, span: Span) -> Condition:
    """True for opportunities that did this in the span."""
    change = OpportunityStageChange
    return Opportunity.opportunity_id.in_(
        sa.select(change.opportunity_id).where(is_step(step), span.holds(change.changed_at))
    )


def sampled(span: Span) -> Condition:
    """True for opportunities of which a sample was sent in the span."""
    return Opportunity.opportunity_id.in_(sa.select(Sample.opportunity_id).where(is_sent(span)))


def is_sent(span: Span) -> Condition:
    """True for samples that were sent in the span."""
    return sa.and_(Sample.deleted_at.is_(None), Sample.sent_on.between(span.since, span.until))


def is_touch() -> Condition:
    """True for interactions that are real contact, as the list has them under "Real contact"."""
    return sa.and_(Interaction.is_touch, Interaction.deleted_at.is_(None))


def kept(span: Span) -> Condition:
    """True for interactions whose promise was kept in the span."""
    return sa.and_(
        Interaction.completed_at.is_not(None),
        Interaction.deleted_at.is_(None),
        span.holds(Interaction.completed_at),
    )
