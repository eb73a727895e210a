"""How an opportunity came to its stage: the stages it went through and the days on which they began."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from crm.enums import CLOSED_STAGES
from crm.enums import OpportunityStage as Stage
from crm.services.demo import rhythm
from crm.services.demo.frame import Frame

STAGES: Final = {
    Stage.NEW_LEAD: 70,
    Stage.INITIAL_OUTREACH: 96,
    Stage.SAMPLE_VISIT_OFFERED: 210,
    Stage.AWAITING_RESPONSE: 64,
    Stage.FEEDBACK_LOGGED: 40,
    Stage.DEMO_SCHEDULED: 30,
    Stage.CLOSED_WON: 74,
    Stage.CLOSED_STALLED: 38,
    Stage.CLOSED_NO_FIT: 18,
}
"""How many opportunities of a brokerage are in which stage."""

REASONS: Final = {
    Stage.CLOSED_WON: ("Taste won the kitchen", "Fits the menu", "Distributor stocks it", "Saves prep"),
    Stage.CLOSED_STALLED: (
        "No answer",
        "Menu frozen until next season",
        "Buyer changed",
        "Kitchen is rebuilding",
    ),
    Stage.CLOSED_NO_FIT: ("Does not fit the line", "Allergens", "Pack size", "Distributor will not stock it"),
}

_AGES: Final = {
    Stage.NEW_LEAD: (1, 16, 6),
    Stage.INITIAL_OUTREACH: (1, 60, 14),
    Stage.SAMPLE_VISIT_OFFERED: (1, 240, 30),
    Stage.AWAITING_RESPONSE: (1, 45, 14),
    Stage.FEEDBACK_LOGGED: (1, 50, 16),
    Stage.DEMO_SCHEDULED: (1, 24, 8),
    Stage.CLOSED_WON: (1, 330, 150),
    Stage.CLOSED_STALLED: (1, 300, 120),
    Stage.CLOSED_NO_FIT: (1, 300, 120),
}
"""Days since the present stage began: shortest, longest, most often."""
_STAYS: Final = {
    Stage.NEW_LEAD: (2, 10),
    Stage.INITIAL_OUTREACH: (4, 21),
    Stage.SAMPLE_VISIT_OFFERED: (6, 45),
    Stage.AWAITING_RESPONSE: (4, 24),
    Stage.FEEDBACK_LOGGED: (3, 21),
    Stage.DEMO_SCHEDULED: (3, 15),
}
_WAY: Final = list(_STAYS)
_SKIPPED: Final = {Stage.AWAITING_RESPONSE: 0.25, Stage.FEEDBACK_LOGGED: 0.2, Stage.DEMO_SCHEDULED: 0.3}
"""How often a stage is skipped on the way to a later one."""
_ENDS_AFTER: Final = {
    Stage.CLOSED_WON: (Stage.DEMO_SCHEDULED,),
    Stage.CLOSED_STALLED: (Stage.SAMPLE_VISIT_OFFERED, Stage.AWAITING_RESPONSE),
    Stage.CLOSED_NO_FIT: (Stage.SAMPLE_VISIT_OFFERED, Stage.FEEDBACK_LOGGED),
}


class Step(NamedTuple):
    """A stage and when it began."""

    stage: Stage
    day: date
    moment: datetime


def draw(frame: Frame, chance: Random, stage: Stage) -> list[Step]:
    """A way to `stage`, the first step first, each on a working day later than the one before."""
    last = stage if stage not in CLOSED_STAGES else chance.choice(_ENDS_AFTER[stage])
    stages = [
        step
        for step in _WAY[: _WAY.index(last) + 1]
        if step is last or chance.random() >= _SKIPPED.get(step, 0)
    ]
    if stage in CLOSED_STAGES:
        stages.append(stage)
    day = rhythm.workday_by(frame.ago(round(chance.triangular(*_AGES[stage]))))
    days = [day]
    for step in reversed(stages[:-1]):
        day = rhythm.workday_by(day - timedelta(days=chance.randrange(*_STAYS[step])))
        days.insert(0, day)
    return told(frame, chance, list(zip(stages, days, strict=True)))


def told(frame: Frame, chance: Random, steps: list[tuple[Stage, date]]) -> list[Step]:
    """Steps with a moment each, in order even where two fall on one day."""
    found: list[Step] = []
    for stage, day in steps:
        moment = frame.moment(day, chance.randrange(8 * 60 + 30, 15 * 60))
        if found:
            moment = max(moment, found[-1].moment + timedelta(minutes=20))
        found.append(Step(stage, day, moment))
    return found
