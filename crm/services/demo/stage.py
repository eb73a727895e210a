"""Puts the scene on: what happened to Nell in the last weeks, as rows of the book."""

from datetime import date, timedelta

from crm.services.demo import rhythm, scene, staff
from crm.services.demo.diary import Diary
from crm.services.demo.firms import Firms
from crm.services.demo.frame import Frame
from crm.services.demo.pipeline import Pursuit
from crm.services.demo.rows import ContactRow, InteractionRow
from crm.services.demo.subjects import Subject


def put_on(
    frame: Frame, firms: Firms, faces: list[ContactRow], pursuits: list[Pursuit], diary: Diary
) -> None:
    """Add the moments of the scene to the diary."""
    by_name = {face.first_name: face for face in faces[: len(scene.people())]}
    deals = {pursuit.row.name: pursuit for pursuit in pursuits[: len(scene.deals())]}
    numbers = {maker.name: number for number, maker in firms.makers.items()}
    for moment in scene.moments():
        face = by_name[moment.person]
        pursuit = deals[moment.deal] if moment.deal else None
        makers = pursuit.makers if pursuit else tuple(numbers[name] for name in moment.principals)
        at = firms.rows[(pursuit.row.organization_id if pursuit else face.organization_id) - 1]
        diary.add(_row(frame, moment, len(diary.rows) + 1, face, pursuit), Subject(at, makers, pursuit, face))


def _row(
    frame: Frame, moment: scene.Moment, number: int, face: ContactRow, pursuit: Pursuit | None
) -> InteractionRow:
    at = frame.moment(rhythm.workday_by(frame.ago(moment.ago)), moment.minute)
    row = InteractionRow(
        interaction_id=number,
        interaction_type=moment.kind,
        interaction_date=at,
        author_id=staff.IDS[moment.rep],
        created_at=at,
        opportunity_id=pursuit.row.opportunity_id if pursuit else None,
        contact_id=face.contact_id,
        organization_id=pursuit.row.organization_id if pursuit else face.organization_id,
        activity=moment.activity,
        notes=moment.notes,
        sentiment=moment.feeling,
    )
    if moment.promise is not None and moment.due is not None:
        row.follow_up_required = True
        row.follow_up_note = moment.promise
        row.follow_up_date = _due(frame, moment.due)
        row.owner_id = row.author_id
    if moment.hidden_until is not None:
        row.snoozed_until_on = frame.today - timedelta(days=moment.hidden_until)
        row.times_rescheduled = 1
    return row


def _due(frame: Frame, ago: int) -> date:
    """The day a promise was or is due: a working day, unless it is the day of the book."""
    day = frame.ago(ago)
    if ago == 0:
        return day
    return rhythm.workday_by(day) if ago > 0 else rhythm.workday_from(day)
