"""What was done in a period against the one before: the figures of activity, each the length of a list.

Interactions are told by their author, promises by who keeps them, opportunities by their owners. All of it is
read by indexes on the moment, so the cost is that of the two spans and not of the history.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.enums import InteractionType
from crm.models import Interaction, Opportunity, OpportunityStageChange, Sample
from crm.queries import happenings
from crm.queries.dashboard.pulses import Whose
from crm.queries.happenings import Step
from crm.queries.spans import Span


@dataclass(frozen=True)
class Pair:
    """How many now, and how many before."""

    now: int = 0
    before: int = 0

    @property
    def change(self) -> int:
        return self.now - self.before


@dataclass(frozen=True)
class Metrics:
    """Real contact by type, opportunities by what became of them, promises kept."""

    interactions: dict[InteractionType, Pair]
    steps: dict[Step, Pair]
    sampled: Pair
    """Opportunities of which a sample was sent."""
    kept: Pair

    @property
    def total(self) -> Pair:
        """Interactions of all types."""
        pairs = self.interactions.values()
        return Pair(sum(pair.now for pair in pairs), sum(pair.before for pair in pairs))


def of(whose: Whose, now: Span, before: Span) -> Metrics:
    """The figures of a book for two spans."""
    parts = [
        _interactions(whose, now, before),
        *(_steps(step, whose, now, before) for step in Step),
        _samples(whose, now, before),
        _kept(whose, now, before),
    ]
    found = {what: Pair(n, m) for what, n, m in db.session.execute(sa.union_all(*parts))}
    return Metrics(
        {kind: found.get(kind.value, Pair()) for kind in InteractionType},
        {step: found[step.value] for step in Step},
        found["sampled"],
        found["kept"],
    )


def _interactions(whose: Whose, now: Span, before: Span) -> sa.Select[str, int, int]:
    at = Interaction.interaction_date
    return (
        sa.select(
            sa.cast(Interaction.interaction_type, sa.Text),
            sa.func.count().filter(now.counts(at)),
            sa.func.count().filter(before.counts(at)),
        )
        .where(happenings.is_touch(), _in_either(at, now, before), _is(whose, Interaction.author_id))
        .group_by(Interaction.interaction_type)
    )


def _steps(step: Step, whose: Whose, now: Span, before: Span) -> sa.Select[str, int, int]:
    change = OpportunityStageChange
    return (
        _opportunities(step.value, change.changed_at, now, before)
        .join(change, change.opportunity_id == Opportunity.opportunity_id)
        .where(happenings.is_step(step), _in_either(change.changed_at, now, before), _owned_by(whose))
    )


def _samples(whose: Whose, now: Span, before: Span) -> sa.Select[str, int, int]:
    return (
        sa.select(
            sa.literal("sampled"),
            _each().filter(happenings.is_sent(now)),
            _each().filter(happenings.is_sent(before)),
        )
        .select_from(Opportunity)
        .join(Sample, Sample.opportunity_id == Opportunity.opportunity_id)
        .where(
            Opportunity.deleted_at.is_(None),
            happenings.is_sent(Span(before.since, now.until)),
            _owned_by(whose),
        )
    )


def _kept(whose: Whose, now: Span, before: Span) -> sa.Select[str, int, int]:
    return sa.select(
        sa.literal("kept"),
        sa.func.count().filter(now.counts(Interaction.completed_at)),
        sa.func.count().filter(before.counts(Interaction.completed_at)),
    ).where(happenings.kept(Span(before.since, now.until)), _is(whose, Interaction.owner_id))


def _opportunities(what: str, at: Any, now: Span, before: Span) -> sa.Select[str, int, int]:
    return (
        sa.select(sa.literal(what), _each().filter(now.counts(at)), _each().filter(before.counts(at)))
        .select_from(Opportunity)
        .where(Opportunity.deleted_at.is_(None))
    )


def _each() -> sa.Function[int]:
    """Each opportunity once, however often it moved."""
    return sa.func.count(sa.distinct(Opportunity.opportunity_id))


def _in_either(at: Any, now: Span, before: Span) -> sa.ColumnElement[bool]:
    return sa.or_(before.holds(at), now.holds(at))


def _is(whose: Whose, column: Any) -> sa.ColumnElement[bool]:
    return sa.true() if whose == "everyone" else column == whose


def _owned_by(whose: Whose) -> sa.ColumnElement[bool]:
    return sa.or_(_is(whose, Opportunity.owner_id), _is(whose, Opportunity.second_owner_id))
