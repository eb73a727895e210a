"""Samples: what was sent to be tasted along the way of an opportunity, and what they said of it."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from random import Random

from crm.enums import OpportunityStage, SampleStatus, SampleVerdict
from crm.services.demo import rhythm, scene, words
from crm.services.demo.frame import Frame, weighted
from crm.services.demo.pipeline import Pipeline, Pursuit
from crm.services.demo.rows import InteractionRow, SampleRow

_S, _V = OpportunityStage, SampleVerdict
_SHARE = 0.55
"""The part of the opportunities in which samples were offered that got some."""
_MOST = 2
"""Products that are sent for one opportunity."""
_WAITING = {_S.SAMPLE_VISIT_OFFERED, _S.AWAITING_RESPONSE}
_VERDICTS = {
    _S.FEEDBACK_LOGGED: {_V.LIKED: 60.0, _V.UNDECIDED: 30.0, _V.DISLIKED: 10.0},
    _S.DEMO_SCHEDULED: {_V.LIKED: 85.0, _V.UNDECIDED: 15.0},
    _S.CLOSED_WON: {_V.LIKED: 92.0, _V.UNDECIDED: 8.0},
    _S.CLOSED_STALLED: {_V.LIKED: 30.0, _V.UNDECIDED: 60.0, _V.DISLIKED: 10.0},
    _S.CLOSED_NO_FIT: {_V.UNDECIDED: 30.0, _V.DISLIKED: 70.0},
}


def build(frame: Frame, deals: Pipeline, told: Sequence[InteractionRow]) -> list[SampleRow]:
    """Samples for opportunities that came to the stage where they are offered.

    Those without feedback hang on a promise that is open: it becomes the promise to ask, unless it is the
    scene's and says so in its own words.
    """
    chance = frame.chance("samples")
    offered = {
        step.opportunity_id: step.changed_at.date()
        for step in deals.changes
        if step.to_stage is _S.SAMPLE_VISIT_OFFERED
    }
    promises = {
        number: list(rows)
        for number, rows in groupby(
            sorted(
                (row for row in told if row.opportunity_id and row.follow_up_date and not row.completed_at),
                key=lambda row: (row.opportunity_id or 0, row.interaction_id),
            ),
            key=lambda row: row.opportunity_id,
        )
    }
    found: list[SampleRow] = []
    for place, pursuit in enumerate(deals.pursuits):
        on, number = offered.get(pursuit.row.opportunity_id), pursuit.row.opportunity_id
        is_scene = place < len(scene.deals())
        if on is None or not pursuit.products or (not is_scene and chance.random() > _SHARE):
            continue
        sent_on = rhythm.workday_from(on + timedelta(days=chance.randrange(1, 4)))
        if sent_on > _last_day(frame, pursuit):
            continue
        if pursuit.row.stage not in _WAITING:
            found += _tasted(frame, chance, pursuit, sent_on, len(found))
        elif number in promises:
            promise = promises[number][0]
            found += _under_way(frame, pursuit, sent_on, promise, len(found))
            if not is_scene:
                names = " and ".join(product.name for product in pursuit.products[:_MOST])
                promise.follow_up_note = f"Ask what they thought of the samples: {names}"
    return found


def _last_day(frame: Frame, pursuit: Pursuit) -> date:
    """The day after which nothing is sent or said: that of the book, or of the end."""
    return pursuit.row.closed_at.date() if pursuit.row.closed_at else frame.today


def _tasted(frame: Frame, chance: Random, pursuit: Pursuit, sent_on: date, known: int) -> list[SampleRow]:
    """Samples to which somebody said something."""
    last = _last_day(frame, pursuit)
    received_on = min(sent_on + timedelta(days=chance.randrange(1, 4)), last)
    tasted_on = min(rhythm.workday_from(received_on + timedelta(days=chance.randrange(1, 9))), last)
    verdict = weighted(chance, _VERDICTS.get(pursuit.row.stage, _VERDICTS[_S.FEEDBACK_LOGGED]))
    rows = []
    for place, sample in enumerate(_of(frame, pursuit, sent_on, known)):
        sample.received_on, sample.tasted_on, sample.feedback_on = received_on, tasted_on, tasted_on
        sample.status = SampleStatus.FEEDBACK
        sample.verdict = verdict if place == 0 else weighted(chance, _VERDICTS[_S.FEEDBACK_LOGGED])
        sample.feedback = chance.choice(words.lines("notes", f"samples {sample.verdict.value}"))
        rows.append(sample)
    return rows


def _under_way(
    frame: Frame, pursuit: Pursuit, sent_on: date, promise: InteractionRow, known: int
) -> list[SampleRow]:
    """Samples that somebody will ask after."""
    days, rows = frame.days_ago(sent_on), _of(frame, pursuit, sent_on, known)
    for sample in rows:
        sample.follow_up_id = promise.interaction_id
        if days >= 4:
            sample.status, sample.received_on = SampleStatus.RECEIVED, sent_on + timedelta(days=3)
        if days >= 12:
            sample.status, sample.tasted_on = SampleStatus.TASTED, sent_on + timedelta(days=9)
    return rows


def _of(frame: Frame, pursuit: Pursuit, sent_on: date, known: int) -> list[SampleRow]:
    return [
        SampleRow(
            sample_id=known + place,
            opportunity_id=pursuit.row.opportunity_id,
            product_id=product.product_id,
            contact_id=pursuit.row.primary_contact_id,
            sent_on=sent_on,
            created_at=frame.moment(sent_on, 15 * 60),
        )
        for place, product in enumerate(pursuit.products[:_MOST], 1)
    ]
