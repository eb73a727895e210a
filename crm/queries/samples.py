"""Samples with the names of what they point to, and the steps of their way as timelines tell them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from crm.db import db
from crm.enums import SampleStatus, SampleVerdict
from crm.models import Contact, Interaction, Opportunity, Product, Sample
from crm.queries.promises import Named, named

_REACHED = (Sample.sent_on, Sample.received_on, Sample.tasted_on, Sample.feedback_on)


@dataclass(frozen=True)
class Tasting:
    """A sample, the names of what it points to, and its promise. `owners` are those of the opportunity."""

    record: Sample
    product: Named
    opportunity: Named
    owners: tuple[int | None, int | None]
    is_opportunity_archived: bool
    contact: Named | None
    promised_on: date | None
    """The day on which they will be asked; None where nobody promised to, or did so already."""
    promise_owner_id: int | None


@dataclass(frozen=True)
class Sent:
    """A sample as the page of its opportunity shows it; `promised_on` as in `Tasting`."""

    sample_id: int
    version: int
    status: SampleStatus
    sent_on: date
    received_on: date | None
    tasted_on: date | None
    feedback_on: date | None
    verdict: SampleVerdict | None
    feedback: str | None
    product: Named
    contact: Named | None
    promised_on: date | None

    @property
    def is_open(self) -> bool:
        return self.status is not SampleStatus.FEEDBACK


@dataclass(frozen=True)
class Verdicts:
    """What is known of the samples of a product: how many wait for feedback, and what was said of others."""

    waiting: int
    said: dict[SampleVerdict, int]

    @property
    def total(self) -> int:
        return self.waiting + sum(self.said.values())

    def __add__(self, other: "Verdicts") -> "Verdicts":
        """Those of both together."""
        both = {word: self.said.get(word, 0) + other.said.get(word, 0) for word in SampleVerdict}
        return Verdicts(self.waiting + other.waiting, {word: n for word, n in both.items() if n})


@dataclass(frozen=True)
class Step:
    """One step of a sample on its way: sent, received, tasted, or what they said."""

    number: int
    at: datetime
    """Noon of its day by the firm's clocks: people note days."""
    status: SampleStatus
    product_id: int
    product_name: str
    opportunity_id: int
    opportunity_name: str
    contact_name: str | None
    verdict: SampleVerdict | None
    feedback: str | None

    kind: ClassVar = "sample"
    rank: ClassVar = 3
    """Its place among things of the same moment, see `timeline.Place`."""


def get(sample_id: int) -> Tasting:
    """One of them, taken off or not. Raises `sqlalchemy.exc.NoResultFound` for a number that is none's."""
    return _read(db.session.execute(_rows().where(Sample.sample_id == sample_id)).one())


def read_sent(rows: list[dict[str, Any]] | None) -> list[Sent]:
    """The samples of an opportunity as `queries.opportunities` selects them, beside its other parts."""
    return [
        Sent(
            sample_id=row["sample_id"],
            version=row["version"],
            status=SampleStatus(row["status"]),
            sent_on=date.fromisoformat(row["sent_on"]),
            received_on=_day(row["received_on"]),
            tasted_on=_day(row["tasted_on"]),
            feedback_on=_day(row["feedback_on"]),
            verdict=SampleVerdict(row["verdict"]) if row["verdict"] else None,
            feedback=row["feedback"],
            product=Named(row["product_id"], row["product_name"]),
            contact=named(row["contact_id"], row["contact_name"]),
            promised_on=_day(row["promised_on"]),
        )
        for row in rows or ()
    ]


def verdicts(product_id: int) -> Verdicts:
    """What became of the samples of a product."""
    rows = db.session.execute(
        sa.select(Sample.verdict, sa.func.count())
        .where(Sample.product_id == product_id, Sample.deleted_at.is_(None))
        .group_by(Sample.verdict)
    )
    return read_verdicts({row[0]: row[1] for row in rows})


def read_verdicts(counts: Mapping[str | None, int]) -> Verdicts:
    """The same from how many samples have each verdict, None or "" for those that wait for one."""
    said = {word: counts[word] for word in SampleVerdict if word in counts}
    return Verdicts(sum(counts.values()) - sum(said.values()), said)


def steps(whose: sa.ColumnElement[bool], *, is_archived_too: bool = False) -> sa.Select[Any]:
    """Select the steps of the samples for which `whose` (of samples and their opportunity) holds: columns
    `at`, `rank`, `number`, and `told`, of which `read_step` makes one.

    Left out are samples that were taken off, and those of archived opportunities but for `is_archived_too`.
    """
    reached = sa.func.jsonb_each_text(
        sa.func.jsonb_build_object(
            *(part for word, on in zip(SampleStatus, _REACHED, strict=True) for part in (word.value, on))
        )
    ).table_valued("key", "value", name="step")
    day = sa.cast(reached.c.value, sa.Date)
    noon = sa.cast(day, sa.DateTime) + sa.text("interval '12 hours'")
    place = sa.case({word.value: place for place, word in enumerate(SampleStatus)}, value=reached.c.key)
    told = sa.func.jsonb_build_object(
        *("status", reached.c.key),
        *("product_id", Product.product_id, "product_name", Product.name),
        *("opportunity_id", Opportunity.opportunity_id, "opportunity_name", Opportunity.name),
        *("contact_name", sa.func.btrim(Contact.first_name + " " + Contact.last_name)),
        *("verdict", Sample.verdict, "feedback", Sample.feedback),
    )
    query = (
        sa.select(
            sa.func.timezone(sa.func.firm_zone(), noon).label("at"),
            sa.literal(Step.rank).label("rank"),
            (Sample.sample_id * len(SampleStatus) + place).label("number"),
            told.label("told"),
        )
        .select_from(Sample)
        .join(Opportunity, Opportunity.opportunity_id == Sample.opportunity_id)
        .join(Product, Product.product_id == Sample.product_id)
        .outerjoin(Contact, Contact.contact_id == Sample.contact_id)
        .join(reached, reached.c.value.is_not(None))
        .where(whose, Sample.deleted_at.is_(None))
    )
    return query if is_archived_too else query.where(Opportunity.deleted_at.is_(None))


def read_step(number: int, at: datetime, told: dict[str, Any]) -> Step:
    """One step of what `steps` selects."""
    words = {
        "status": SampleStatus(told["status"]),
        "verdict": SampleVerdict(told["verdict"]) if told["verdict"] else None,
    }
    return Step(number=number, at=at, **(told | words))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows() -> sa.Select[Any]:
    is_open = sa.and_(Interaction.completed_at.is_(None), Interaction.deleted_at.is_(None))
    return (
        sa.select(
            Sample,
            Product.name.label("product_name"),
            Opportunity.name.label("opportunity_name"),
            Opportunity.owner_id,
            Opportunity.second_owner_id,
            Opportunity.deleted_at.is_not(None).label("is_archived"),
            sa.func.btrim(Contact.first_name + " " + Contact.last_name).label("contact_name"),
            sa.case((is_open, Interaction.follow_up_date)).label("promised_on"),
            Interaction.owner_id.label("promise_owner_id"),
        )
        .join(Opportunity, Opportunity.opportunity_id == Sample.opportunity_id)
        .join(Product, Product.product_id == Sample.product_id)
        .outerjoin(Contact, Contact.contact_id == Sample.contact_id)
        .outerjoin(Interaction, Interaction.interaction_id == Sample.follow_up_id)
    )


def _read(row: sa.Row[Any]) -> Tasting:
    record: Sample = row.Sample
    return Tasting(
        record,
        Named(record.product_id, row.product_name),
        Named(record.opportunity_id, row.opportunity_name),
        (row.owner_id, row.second_owner_id),
        row.is_archived,
        named(record.contact_id, row.contact_name),
        row.promised_on,
        row.promise_owner_id,
    )
