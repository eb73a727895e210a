"""The rules of samples: what was sent is asked after, until somebody said what they thought of it.

An open sample carries a promise, an interaction with a follow-up that is no touch: sending a box is no talk.
Samples that were sent together share one; it is kept once there is feedback to the last of them. Whoever
wants to know whether a person may do it asks `crm.policy` first: samples are kept by who keeps the
opportunity.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from crm.db import db
from crm.enums import InteractionType, SampleStatus, SampleVerdict
from crm.errors import Refused
from crm.models import Contact, Interaction, Opportunity, Product, Sample, User
from crm.services import follow_ups, records

ASK_AFTER = timedelta(days=7)
"""How long after sending the form proposes to ask what they think."""

MOST = 20
"""Products that are sent in one go."""


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What a person says when samples go out. `follow_up_on` is the day on which they will ask."""

    sent_on: date
    follow_up_on: date
    contact_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a person says of one sample, by the names of the columns. How far it is follows from the days and
    the verdict; `follow_up_on` is asked of an open one.
    """

    sent_on: date
    contact_id: int | None = None
    received_on: date | None = None
    tasted_on: date | None = None
    verdict: SampleVerdict | None = None
    feedback: str | None = None
    follow_up_on: date | None = None

    @property
    def status(self) -> SampleStatus:
        """How far it is."""
        if self.verdict is not None:
            return SampleStatus.FEEDBACK
        if self.tasted_on is not None:
            return SampleStatus.TASTED
        return SampleStatus.RECEIVED if self.received_on is not None else SampleStatus.SENT


def ask_on(sent_on: date) -> date:
    """The day that is proposed for asking: a week after sending, no Saturday and no Sunday."""
    on = sent_on + ASK_AFTER
    return on + timedelta(days=max(7 - on.weekday(), 0)) if on.weekday() > 4 else on


def send(
    opportunity: Opportunity, sending: Sending, *, product_ids: Collection[int], by: User, now: datetime
) -> list[Sample]:
    """One sample of each product for an opportunity, and the promise of `by` to ask after them.

    Raises `Refused` for no product or more than `MOST`, one that is gone, or a contact who works elsewhere.
    """
    if not product_ids:
        raise Refused("Choose at least one product that was sent.", field="products")
    if len(product_ids) > MOST:
        raise Refused(f"At most {MOST} products go out at once. Untick some.", field="products")
    _check_contact(opportunity, sending.contact_id)
    products = list(
        db.session.scalars(
            sa.select(Product)
            .where(Product.product_id.in_(product_ids), Product.deleted_at.is_(None))
            .order_by(Product.name_key, Product.product_id)
        )
    )
    if len(products) < len(set(product_ids)):
        raise Refused("One of these products is no longer there. Untick it.", field="products")
    promise = _promise(
        opportunity,
        _question([product.name for product in products]),
        contact_id=sending.contact_id,
        on=sending.follow_up_on,
        by=by,
        now=now,
    )
    samples = [
        Sample(
            opportunity_id=opportunity.opportunity_id,
            product_id=product.product_id,
            contact_id=sending.contact_id,
            follow_up_id=promise.interaction_id,
            sent_on=sending.sent_on,
        )
        for product in products
    ]
    db.session.add_all(samples)
    db.session.flush()
    return samples


def move(sample: Sample, *, to: SampleStatus, on: date, seen: int | None = None) -> SampleStatus:
    """Put a sample to `sent`, `received` or `tasted`, reached on the day `on`; the status before comes back.

    Going back forgets what came after, feedback too, and a promise that feedback kept is open again. Raises
    `Refused` if it was changed since version `seen`, is archived, or is there already; feedback is given by
    `hear`.
    """
    _take(sample, seen)
    before = sample.status
    if to is SampleStatus.FEEDBACK or to is before:
        raise Refused(f"It is {before} already. Nothing was changed.")
    if before is SampleStatus.FEEDBACK:
        _ask_again(sample)
    steps = list(SampleStatus)
    is_there, is_tasted = (steps.index(to) >= steps.index(step) for step in steps[1:3])
    sample.received_on = (sample.received_on or on) if is_there else None
    sample.tasted_on = (sample.tasted_on or on) if is_tasted else None
    sample.status, sample.verdict, sample.feedback, sample.feedback_on = to, None, None, None
    db.session.flush()
    return before


def hear(
    sample: Sample, *, verdict: SampleVerdict, feedback: str | None, on: date, by: User, now: datetime
) -> bool:
    """Note what they said of it on the day `on`. That keeps its promise, unless others that were sent with it
    still wait; True if it was kept by this.

    Raises `Refused` if it is archived.
    """
    _take(sample, None)
    sample.status, sample.verdict, sample.feedback = SampleStatus.FEEDBACK, verdict, feedback
    sample.feedback_on = sample.feedback_on or on
    db.session.flush()
    return _keep(sample, by=by, now=now)


def change(
    sample: Sample, entry: Entry, *, seen: int, on: date, by: User, now: datetime, may_move: bool
) -> Sample:
    """Let a sample that was read at version `seen` say `entry`; `on` is today.

    An open one without an open promise gets a new one; an open promise is put on another day if `may_move`.
    Raises `Refused` where that day is missing or somebody else's to move, days run backwards, or the contact
    works elsewhere; `StaleDataError` where it was changed since.
    """
    opportunity = db.session.get_one(Opportunity, sample.opportunity_id)
    if entry.contact_id != sample.contact_id:
        _check_contact(opportunity, entry.contact_id)
    _check_days(entry)
    is_open = entry.status is not SampleStatus.FEEDBACK
    said = {
        "contact_id": entry.contact_id,
        "sent_on": entry.sent_on,
        "received_on": entry.received_on,
        "tasted_on": entry.tasted_on,
        "verdict": entry.verdict,
        "feedback": None if is_open else entry.feedback,
        "feedback_on": None if is_open else sample.feedback_on or on,
        "status": entry.status,
    }
    if is_open:
        said["follow_up_id"] = _ask_on(sample, entry, opportunity, by=by, now=now, may_move=may_move)
    records.change(sample, said, seen=seen)
    if not is_open:
        _keep(sample, by=by, now=now)
    return sample


def archive(sample: Sample, *, by: User, now: datetime) -> Sample:
    """Take a sample off. Its promise is kept with that, unless others that were sent with it still wait."""
    records.archive(sample, now=now)
    _keep(sample, by=by, now=now)
    return sample


def put_back(sample: Sample) -> Sample:
    """Undo `archive`. An open one is asked after again."""
    if records.take(sample).is_archived:
        sample.deleted_at = None
        db.session.flush()
        if sample.is_open:
            _ask_again(sample)
    return sample


def _take(sample: Sample, seen: int | None) -> None:
    records.take(sample)
    if sample.is_archived:
        raise Refused("It was taken off. Put it back first.")
    if seen is not None and seen != sample.version:
        raise Refused("Somebody changed this since you opened it. Look at it again.")


def _check_contact(opportunity: Opportunity, contact_id: int | None) -> None:
    """A sample goes to somebody of the organization, or whoever else is the opportunity's contact."""
    if contact_id in (None, opportunity.primary_contact_id):
        return
    contact = db.session.get(Contact, contact_id)
    if contact is None or contact.is_archived:
        raise Refused("This contact is no longer there. Choose somebody else.", field="contact_id")
    if contact.organization_id != opportunity.organization_id:
        raise Refused("They work somewhere else. Choose somebody who tastes it.", field="contact_id")


def _check_days(entry: Entry) -> None:
    if entry.received_on and entry.received_on < entry.sent_on:
        raise Refused("It cannot arrive before it was sent. Choose a later day.", field="received_on")
    if entry.tasted_on and entry.tasted_on < (entry.received_on or entry.sent_on):
        raise Refused("It cannot be tasted before it was there. Choose a later day.", field="tasted_on")


def _question(names: list[str]) -> str:
    """What is promised: "Ask what they thought of A, B and three more samples"."""
    said = names[:2] if len(names) > 3 else names
    more = [f"{len(names) - 2} more"] if len(names) > 3 else []
    parts = [*said, *more]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"Ask what they thought of the samples: {listed}"


def _promise(
    opportunity: Opportunity, note: str, *, contact_id: int | None, on: date, by: User, now: datetime
) -> Interaction:
    return records.create(
        Interaction,
        {
            "interaction_type": InteractionType.FOLLOW_UP,
            "interaction_date": now,
            "opportunity_id": opportunity.opportunity_id,
            "organization_id": opportunity.organization_id,
            "contact_id": contact_id,
            "author_id": by.user_id,
            "owner_id": by.keeper_id,
            "is_touch": False,
            "follow_up_required": True,
            "follow_up_date": on,
            "follow_up_note": note,
        },
    )


def _ask_on(
    sample: Sample, entry: Entry, opportunity: Opportunity, *, by: User, now: datetime, may_move: bool
) -> int:
    """The promise that an open sample carries from now on, on the day that was said."""
    promise = _held(sample)
    is_open = promise is not None and promise.completed_at is None
    if promise is not None and is_open and entry.follow_up_on in (None, promise.follow_up_date):
        return promise.interaction_id
    if entry.follow_up_on is None:
        raise Refused(
            "An open sample needs a follow-up. Say when you will ask for feedback.", field="follow_up_on"
        )
    if promise is not None and is_open:
        if not may_move:
            raise Refused(
                "This follow-up is a colleague's: they, their manager or an admin move it.",
                field="follow_up_on",
            )
        follow_ups.reschedule(promise, to=entry.follow_up_on)
        return promise.interaction_id
    product = db.session.get_one(Product, sample.product_id)
    return _promise(
        opportunity,
        _question([product.name]),
        contact_id=entry.contact_id,
        on=entry.follow_up_on,
        by=by,
        now=now,
    ).interaction_id


def _held(sample: Sample) -> Interaction | None:
    """The promise of a sample, taken for this transaction; None without one."""
    if sample.follow_up_id is None:
        return None
    return db.session.get(Interaction, sample.follow_up_id, with_for_update=True, populate_existing=True)


def _keep(sample: Sample, *, by: User, now: datetime) -> bool:
    """Complete the promise of a sample that waits no longer, if no other one waits for it; True if it did."""
    promise = _held(sample)
    if promise is None or promise.completed_at is not None or promise.is_archived:
        return False
    waiting = sa.select(Sample.sample_id).where(
        Sample.follow_up_id == promise.interaction_id,
        Sample.status != SampleStatus.FEEDBACK,
        Sample.deleted_at.is_(None),
    )
    if db.session.execute(waiting.limit(1)).first():
        return False
    follow_ups.complete(promise, by=by, now=now)
    return True


def _ask_again(sample: Sample) -> None:
    """Open the promise of a sample again that was kept without a talk."""
    promise = _held(sample)
    if promise is None:
        raise Refused("Its follow-up is gone. Open the sample and say when you will ask.")
    if promise.completed_at is not None and promise.completed_with is None:
        follow_ups.reopen(promise)
