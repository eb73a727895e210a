"""Time in stage and how quiet it is, by the firm's days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm import queries, services
from crm.enums import OpportunityStage as Stage
from crm.models import User
from crm.queries.opportunity_stages import QUIET_AFTER, age
from tests.factories import Make
from tests.services.test_opportunities import As

BEGAN = datetime(2026, 11, 2, 3, tzinfo=UTC)  # the evening of 1 November in Chicago
TODAY = date(2026, 11, 24)


def test_the_days_of_each_stay_are_the_firms(make: Make, nell: User, acting_as: As) -> None:
    deal = make.opportunity(owner=nell, stage_changed_at=BEGAN)
    acting_as(nell)
    for days, stage in ((5, Stage.DEMO_SCHEDULED), (9, Stage.NEW_LEAD)):
        services.opportunities.move(deal, to=stage, now=BEGAN + timedelta(days=days))
    stays = queries.opportunity_stages.stays(deal.opportunity_id)
    assert [(stay.stage, stay.since, stay.days(TODAY)) for stay in stays] == [
        (Stage.NEW_LEAD, date(2026, 11, 1), 5),
        (Stage.DEMO_SCHEDULED, date(2026, 11, 6), 4),
        (Stage.NEW_LEAD, date(2026, 11, 10), 14),
    ]
    assert [stay.by for stay in stays] == [None, nell.full_name, nell.full_name]
    path = {step.name: step for step in queries.opportunity_stages.path(stays, deal.stage, today=TODAY)}
    assert (path["New Lead"].state, path["New Lead"].days) == ("now", 19)
    assert (path["Demo Scheduled"].state, path["Initial Outreach"].state) == ("done", "next")
    assert path["Closed"].state == "next"


def test_quiet_counts_from_the_later_of_move_and_touch(make: Make, nell: User, acting_as: As) -> None:
    deal = make.opportunity(owner=nell, stage_changed_at=BEGAN)
    acting_as(nell)
    assert queries.opportunities.get(deal.opportunity_id).quiet_days(TODAY) == 23
    make.interaction(opportunity=deal, on=BEGAN + timedelta(days=10))
    make.interaction(opportunity=deal, on=BEGAN + timedelta(days=15), is_touch=False)
    make.interaction(opportunity=deal, on=BEGAN + timedelta(days=16), deleted_at=BEGAN)
    assert queries.opportunities.get(deal.opportunity_id).quiet_days(TODAY) == 13


@pytest.mark.parametrize("stage", list(QUIET_AFTER))
def test_it_slows_at_four_fifths_of_its_limit_and_is_stale_over_it(stage: Stage) -> None:
    limit = QUIET_AFTER[stage]
    assert (age(stage, limit // 2), age(stage, limit), age(stage, limit + 1)) == ("", "slowing", "stale")


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage.is_closed])
def test_a_closed_one_is_never_quiet(stage: Stage) -> None:
    assert age(stage, 1_000) == ""
