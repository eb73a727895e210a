"""What the book is made of: one dataclass a table, its fields the columns that are filled.

Numbers count from 1 in every table. Moments are UTC, days are days of the firm.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from crm.enums import (
    AdvocacyStatus,
    AuthorizationState,
    InteractionType,
    OpportunityStage,
    Priority,
    ProductStatus,
    Role,
    SampleStatus,
    SampleVerdict,
    Sentiment,
    StockStatus,
)


@dataclass(slots=True)
class UserRow:
    """A person of the firm; password and session key are added when the book is loaded."""

    table: ClassVar[str] = "users"
    user_id: int
    email: str
    full_name: str
    role: Role
    manager_id: int | None
    time_zone: str
    created_at: datetime
    password: str = ""
    fs_uniquifier: str = ""


@dataclass(slots=True)
class OrganizationRow:
    """A principal, a distributor or an operator."""

    table: ClassVar[str] = "organizations"
    organization_id: int
    name: str
    created_at: datetime
    is_principal: bool = False
    is_distributor: bool = False
    segment: str | None = None
    priority: Priority | None = None
    parent_organization_id: int | None = None
    owner_id: int | None = None
    second_owner_id: int | None = None
    usual_distributor_id: int | None = None
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    address_line1: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    notes: str | None = None
    weekly_focus_on: date | None = None
    is_anchor: bool = False
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ContactRow:
    """A person at an organization."""

    table: ClassVar[str] = "contacts"
    contact_id: int
    organization_id: int
    first_name: str
    last_name: str
    created_at: datetime
    position: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile_phone: str | None = None
    preferred_channel: str | None = None
    advocacy_status: AdvocacyStatus = AdvocacyStatus.NEUTRAL
    is_key_contact: bool = False
    is_primary: bool = False
    owner_id: int | None = None
    notes: str | None = None
    left_on: date | None = None


@dataclass(slots=True)
class ProductRow:
    """One item of a line card."""

    table: ClassVar[str] = "products"
    product_id: int
    principal_id: int
    name: str
    category: str
    manufacturer_code: str
    unit_size: str
    created_at: datetime
    status: ProductStatus = ProductStatus.ACTIVE


@dataclass(slots=True)
class OpportunityRow:
    """A placement; `stage_changed_at` is the moment of its last stage change."""

    table: ClassVar[str] = "opportunities"
    opportunity_id: int
    name: str
    organization_id: int
    stage: OpportunityStage
    started_on: date
    stage_changed_at: datetime
    created_at: datetime
    primary_contact_id: int | None = None
    context: str | None = None
    notes: str | None = None
    owner_id: int | None = None
    second_owner_id: int | None = None
    distributor_id: int | None = None
    source: str | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    next_action: str | None = None
    expected_close_on: date | None = None
    cases_per_week: int | None = None


@dataclass(slots=True)
class OpportunityProductRow:
    """A product that an opportunity is about; its principal is derived by the database."""

    table: ClassVar[str] = "opportunity_products"
    opportunity_id: int
    product_id: int
    created_at: datetime


@dataclass(slots=True)
class OpportunityPrincipalRow:
    """A principal chosen by hand, for an opportunity without products."""

    table: ClassVar[str] = "opportunity_principals"
    opportunity_id: int
    principal_id: int
    created_at: datetime
    is_derived: bool = False


@dataclass(slots=True)
class StageChangeRow:
    """One step of an opportunity."""

    table: ClassVar[str] = "opportunity_stage_changes"
    opportunity_stage_change_id: int
    opportunity_id: int
    from_stage: OpportunityStage | None
    to_stage: OpportunityStage
    changed_at: datetime
    changed_by: int


@dataclass(slots=True)
class InteractionRow:
    """What happened, and what was promised then. `completed_with` is the row that kept the promise."""

    table: ClassVar[str] = "interactions"
    interaction_id: int
    interaction_type: InteractionType
    interaction_date: datetime
    author_id: int
    created_at: datetime
    opportunity_id: int | None = None
    contact_id: int | None = None
    organization_id: int | None = None
    activity: str | None = None
    subject: str | None = None
    notes: str | None = None
    sentiment: Sentiment = Sentiment.NEUTRAL
    location: str | None = None
    duration_minutes: int | None = None
    is_touch: bool = True
    follow_up_required: bool = False
    follow_up_date: date | None = None
    follow_up_note: str | None = None
    owner_id: int | None = None
    completed_at: datetime | None = None
    completed_by: int | None = None
    completed_with: int | None = None
    snoozed_until_on: date | None = None
    times_rescheduled: int = 0


@dataclass(slots=True)
class InteractionPrincipalRow:
    """A principal named on an interaction, beside those of its opportunity."""

    table: ClassVar[str] = "interaction_principals"
    interaction_id: int
    principal_id: int


@dataclass(slots=True)
class SampleRow:
    """One product that was sent; an open one names the interaction that carries the promise."""

    table: ClassVar[str] = "samples"
    sample_id: int
    opportunity_id: int
    product_id: int
    sent_on: date
    created_at: datetime
    contact_id: int | None = None
    follow_up_id: int | None = None
    status: SampleStatus = SampleStatus.SENT
    received_on: date | None = None
    tasted_on: date | None = None
    feedback_on: date | None = None
    verdict: SampleVerdict | None = None
    feedback: str | None = None


@dataclass(slots=True)
class AuthorizationRow:
    """How far a distributor has taken a principal on."""

    table: ClassVar[str] = "distributor_principals"
    distributor_id: int
    principal_id: int
    state: AuthorizationState
    since_on: date
    created_at: datetime
    buyer_contact_id: int | None = None
    expires_on: date | None = None
    notes: str | None = None


@dataclass(slots=True)
class StockRow:
    """A product that a distributor has, under a number of its own."""

    table: ClassVar[str] = "product_distributors"
    product_id: int
    distributor_id: int
    status: StockStatus
    since_on: date
    created_at: datetime
    item_number: str | None = None
    is_primary: bool = False


@dataclass(slots=True)
class AdvocacyRow:
    """How a contact speaks of one principal, from a day on."""

    table: ClassVar[str] = "contact_advocacies"
    contact_id: int
    principal_id: int
    status: AdvocacyStatus
    since_on: date
    created_at: datetime
    until_on: date | None = None
    note: str | None = None


@dataclass(slots=True)
class EngagementChangeRow:
    """A level that changed on a day."""

    table: ClassVar[str] = "engagement_changes"
    engagement_change_id: int
    principal_id: int
    changed_on: date
    from_level: str | None
    to_level: str
    cause: str
    created_at: datetime
