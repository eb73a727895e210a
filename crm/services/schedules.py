"""Follow-ups for many rows of a list at once: one job, whose rows are fixed when it is asked for.

To whom something is promised, when and by whom stands in the rows of the job before it begins. A step looks
again, one step of all such jobs at a time: what was archived or promised in the meantime is left, so two
people who schedule the same rows make one promise for each.
"""

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from crm import queries
from crm.db import db
from crm.enums import InteractionType, JobQueue, JobRowState
from crm.errors import Refused
from crm.models import Interaction, InteractionPrincipal, Job, JobRow, Organization, User
from crm.queries.jobs import MOST_ROWS
from crm.queries.lists import LISTS, Listing, Wanted
from crm.queries.schedules import GONE, PROMISED, SUBJECTS, Preview, Rule
from crm.services import jobs, steps
from crm.services.jobs import Held

KIND: Final = "follow-ups scheduled"
ONE_AT_A_TIME: Final = 5_270_019
"""The number of the lock that a step holds."""

_PROMISES: Final[Any] = Interaction.__table__
_LINKS: Final[Any] = InteractionPrincipal.__table__
_ROWS: Final[Any] = JobRow.__table__


def ask(listing: Listing, wanted: Wanted, rule: Rule, *, note: str, nouns: str, by: User, seen: str) -> int:
    """Ask for a follow-up for each of these rows, which are called `nouns`. The job.

    `seen` is the `Preview.mark` that the person saw: raises `Refused` if something else would come of it now,
    if nothing would, or if they are more than `MOST_ROWS`.
    """
    asked = {"title": f"Schedule follow-ups for {nouns}", "list": listing.name, "note": note}
    job_id = jobs.add(KIND, str(uuid4()), by=by.user_id, queue=JobQueue.WORK, asked=asked)
    if job_id is None:
        raise RuntimeError("a new key was there before")
    rows = queries.schedules.look(listing, wanted, rule).subquery("rows")
    is_left = rows.c.reason.is_not(None)
    left, waiting = (sa.cast(state.value, steps.STATE) for state in (JobRowState.LEFT, JobRowState.WAITING))
    plan = sa.func.jsonb_build_object("on", rows.c.due_on, "keeper", rows.c.keeper, type_=JSONB)
    values = {
        "job_id": sa.literal(job_id, sa.BigInteger),
        "place": rows.c.place,
        "record_id": rows.c.record_id,
        "state": sa.case((is_left, left), else_=waiting),
        "reason": rows.c.reason,
        "plan": sa.case((~is_left, plan)),
    }
    db.session.execute(sa.insert(_ROWS).from_select(list(values), sa.select(*values.values())))
    planned = queries.schedules.planned(job_id)
    _check(planned, seen)
    db.session.execute(sa.update(Job).where(Job.job_id == job_id).values(rows_total=planned.made))
    return job_id


def work(held: Held) -> None:
    """Make what is planned, and say how many that were."""
    steps.walk(held, held.job_id, lambda most: _make_some(held, most))
    told = "{n:,} added, {left:,} left as they were."
    steps.finish(held, held.job_id, done="added", left="left", told=told)


def take_back_some(job_id: int, most: int, *, now: datetime) -> int:
    """Archive the next of the promises that a job made, but for those that were touched since. How many it
    looked at.
    """
    some = steps.done_rows(job_id, most).cte("some")
    back = (
        sa.update(_PROMISES)
        .where(
            _PROMISES.c.interaction_id == some.c.made_id,
            _PROMISES.c.version == some.c.version,
            _PROMISES.c.deleted_at.is_(None),
        )
        .values(deleted_at=now)
        .returning(_PROMISES.c.interaction_id)
        .cte("back")
    )
    is_back = some.c.made_id.in_(sa.select(back.c.interaction_id))
    return steps.settle_return(job_id, sa.select(some.c.place, is_back.label("is_back")))


def _check(planned: Preview, seen: str) -> None:
    if planned.total > MOST_ROWS:
        raise Refused(f"More than {MOST_ROWS:,} rows are too many for one job. Narrow the list.")
    if not planned.made:
        raise Refused("None of them would get a follow-up; the reasons stand below.")
    if planned.mark != seen:
        raise Refused("This is what comes of it now. Look at it, then press the button again.")


def _make_some(held: Held, most: int) -> int:
    """Make the next of what waits; how many rows it dealt with."""
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    listing = LISTS[held.asked["list"]]
    looked = _look_again(held, listing, most)
    made = _make(held, listing, looked)
    outcome = (
        sa.select(looked.c.place, looked.c.reason, made.c.interaction_id, made.c.version)
        .outerjoin(made, made.c.record_id == looked.c.record_id)
        .cte("outcome")
    )
    done, left = (sa.cast(state.value, steps.STATE) for state in (JobRowState.DONE, JobRowState.LEFT))
    settled = steps.settle(
        held.job_id,
        outcome,
        state=sa.case((outcome.c.reason.is_(None), done), else_=left),
        reason=outcome.c.reason,
        made_id=outcome.c.interaction_id,
        version=outcome.c.version,
    ).cte("settled")
    places = sa.func.min(settled.c.place), sa.func.max(settled.c.place)
    n, first, last = db.session.execute(sa.select(sa.func.count(), *places).select_from(settled)).one()
    if n and listing.model is Organization:
        _name_principals(held.job_id, first, last)
    return int(n)


def _look_again(held: Held, listing: Listing, most: int) -> sa.CTE:
    """The next rows that wait, held until the step ends, and the reason for those that are left after all."""
    subject = SUBJECTS[listing.model]
    some = (
        sa.select(JobRow.place, JobRow.record_id, JobRow.plan)
        .where(JobRow.job_id == held.job_id, JobRow.state == JobRowState.WAITING)
        .order_by(JobRow.place)
        .limit(most)
        .with_for_update()
        .cte("some")
    )
    reason = sa.case((listing.key.is_(None), GONE), (subject.is_promised(some.c.record_id), PROMISED))
    return (
        sa.select(some, subject.home.label("home_id"), reason.label("reason"))
        .select_from(some)
        .outerjoin(listing.model, sa.and_(listing.key == some.c.record_id, listing.scope))
        .cte("looked")
    )


def _make(held: Held, listing: Listing, looked: sa.CTE) -> sa.CTE:
    """Make the promises for those rows that have no `reason` against it."""
    names = SUBJECTS[listing.model].names.key
    values = {
        "organization_id": looked.c.home_id,
        names: looked.c.record_id,
        "interaction_type": sa.cast(InteractionType.FOLLOW_UP.value, _PROMISES.c.interaction_type.type),
        "interaction_date": sa.func.now(),
        "author_id": sa.literal(held.person, sa.BigInteger),
        "is_touch": sa.false(),
        "follow_up_required": sa.true(),
        "follow_up_date": sa.cast(looked.c.plan["on"].astext, sa.Date),
        "follow_up_note": sa.literal(held.asked["note"] or None, sa.Text),
        "owner_id": sa.cast(looked.c.plan["keeper"].astext, sa.BigInteger),
    }
    chosen = sa.select(*values.values()).where(looked.c.reason.is_(None)).order_by(looked.c.place)
    return (
        sa.insert(_PROMISES)
        .from_select(list(values), chosen, include_defaults=False)
        .returning(_PROMISES.c.interaction_id, _PROMISES.c.version, _PROMISES.c[names].label("record_id"))
        .cte("made")
    )


def _name_principals(job_id: int, first: int, last: int) -> None:
    """What is promised to a principal itself counts for it."""
    chosen = (
        sa.select(JobRow.made_id, JobRow.record_id)
        .join(Organization, Organization.organization_id == JobRow.record_id)
        .where(JobRow.job_id == job_id, JobRow.place.between(first, last), JobRow.made_id.is_not(None))
        .where(Organization.is_principal)
    )
    columns = ["interaction_id", "principal_id"]
    db.session.execute(sa.insert(_LINKS).from_select(columns, chosen, include_defaults=False))
