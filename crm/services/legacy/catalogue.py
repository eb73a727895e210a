"""What becomes of each table and column of the old database.

A column that is not named goes to the archive, where every row is kept whole. Money is in the archive only.
"""

from collections.abc import Mapping
from typing import Final

MONEY: Final[Mapping[str, frozenset[str]]] = {
    "organizations": frozenset({"annual_revenue", "currency_code"}),
    "organization_analytics": frozenset({"revenue_generated"}),
    "products": frozenset({"unit_cost", "suggested_retail_price", "currency_code"}),
    "product_principals": frozenset({"wholesale_price"}),
    "opportunities": frozenset({"estimated_value", "actual_value", "currency_code"}),
}
"""Columns that hold amounts. JSON columns may hold some too and are archived as they are."""

LIVE: Final[Mapping[str, Mapping[str, str]]] = {
    "users": {
        "email": "users.email",
        "raw_user_meta_data": "users.full_name, users.role",
        "banned_until": "users.active",
        "deleted_at": "users.active",
    },
    "organizations": {
        "name": "organizations.name",
        "is_principal": "organizations.is_principal",
        "is_distributor": "organizations.is_distributor",
        "legal_name": "organizations.legal_name",
        "description": "organizations.notes",
        "industry": "organizations.segment",
        "lead_score": "organizations.priority",
        "website": "organizations.website",
        "email": "organizations.email",
        "primary_phone": "organizations.phone",
        "secondary_phone": "organizations.second_phone",
        "address_line_1": "organizations.address_line1",
        "address_line_2": "organizations.address_line2",
        "city": "organizations.city",
        "state_province": "organizations.state",
        "postal_code": "organizations.postal_code",
        "country": "organizations.country",
        "parent_org_id": "organizations.parent_organization_id",
        "distributor_id": "organizations.usual_distributor_id",
        "account_manager_id": "organizations.owner_id",
        "assigned_user_id": "organizations.second_owner_id",
        "tags": "organizations.tags",
        "next_follow_up_date": "a carried-over follow-up",
    },
    "contacts": {
        "organization_id": "contacts.organization_id",
        "organization": "contacts.organization_id, by name",
        "is_primary": "contacts.is_key_contact, contacts.is_primary",
        "first_name": "contacts.first_name",
        "last_name": "contacts.last_name",
        "position": "contacts.position",
        "title": "contacts.position",
        "phone": "contacts.phone",
        "email": "contacts.email",
        "notes": "contacts.notes",
        "account_manager": "contacts.owner_id, by alias",
    },
    "contact_principals": {
        "contact_id": "contact_advocacies.contact_id",
        "principal_id": "contact_advocacies.principal_id",
        "advocacy_level": "contact_advocacies.status",
        "notes": "contact_advocacies.note",
    },
    "organization_contacts": {
        "organization_id": "employments.organization_id, for another one than the contact's own",
        "contact_id": "employments.contact_id",
        "is_primary_contact": "contacts.is_primary, contacts.is_key_contact",
        "role": "contacts.position, where it is empty; employments.position",
        "contact_email": "contacts.notes, where it differs",
        "contact_phone": "contacts.other_phone, where it differs",
        "relationship_status": "employments.ended_on",
        "notes": "contacts.notes",
    },
    "products": {
        "name": "products.name",
        "category": "products.category",
        "description": "products.description",
        "sku": "products.manufacturer_code",
        "unit_size": "products.unit_size",
        "is_active": "products.status",
        "launch_date": "products.status",
        "discontinue_date": "products.status",
        "allergen_info": "products.allergens",
        "certifications": "products.certifications",
    },
    "product_principals": {
        "product_id": "products.principal_id",
        "principal_id": "products.principal_id, the primary one, else the oldest",
    },
    "opportunities": {
        "name": "opportunities.name",
        "organization_id": "opportunities.organization_id",
        "stage": "opportunities.stage",
        "is_won": "opportunities.stage",
        "is_lost": "opportunities.stage",
        "lost_reason": "opportunities.close_note",
        "won_date": "opportunities.closed_at",
        "lost_date": "opportunities.closed_at",
        "principal_id": "opportunity_principals",
        "product_id": "opportunity_products",
        "context": "opportunities.context",
        "custom_fields": "opportunities.context, of Custom its label",
        "notes": "opportunities.notes",
        "competitor_info": "opportunities.notes",
        "internal_notes": 'opportunities.notes, under "Internal:"',
        "expected_close_date": "opportunities.expected_close_on",
        "deal_owner": "opportunities.owner_id, by alias",
        "lead_source": "opportunities.source",
        "stage_changed_at": "opportunities.stage_changed_at",
        "stage_changed_by": "opportunity_stage_changes.changed_by",
        "next_follow_up_date": "a carried-over follow-up",
    },
    "opportunity_principals": {
        "opportunity_id": "opportunity_principals.opportunity_id",
        "principal_id": "opportunity_principals.principal_id",
    },
    "interactions": {
        "type": "interactions.interaction_type",
        "status": "interactions.interaction_type, the start of the notes",
        "interaction_date": "interactions.interaction_date; of a planned one its follow-up day",
        "opportunity_id": "interactions.opportunity_id",
        "notes": "interactions.notes",
        "outcome": "interactions.sentiment",
        "follow_up_required": "interactions.follow_up_required",
        "follow_up_date": "interactions.follow_up_date",
        "follow_up_notes": "interactions.follow_up_note",
        "subject": "interactions.subject",
        "location": "interactions.location",
        "duration_minutes": "interactions.duration_minutes",
        "participants": "interactions.contact_id; further names in the notes",
        "next_action": "interactions.notes",
        "created_by": "interactions.author_id",
    },
    "organization_interactions": {
        "organization_id": "interactions.organization_id",
        "contact_id": "interactions.contact_id",
        "type": "interactions.interaction_type",
        "subject": "interactions.subject",
        "description": "interactions.notes",
        "interaction_date": "interactions.interaction_date",
        "duration_minutes": "interactions.duration_minutes",
        "created_by_user_id": "interactions.author_id",
    },
}
"""Where a column lives on. `id` of these tables is in `legacy_id_map`; `created_at`, `updated_at` and
`deleted_at` keep their values.
"""

KEPT: Final = frozenset({"created_at", "updated_at", "deleted_at"})

FOLDED: Final = frozenset({"product_principals", "opportunity_principals"})
"""Links that live on in the rows they link, without a key of their own."""


def fate(table: str, column: str) -> str:
    """What becomes of one column, in words."""
    if column in MONEY.get(table, ()):
        return "archive only (money)"
    live = LIVE.get(table, {})
    if column in live:
        return live[column]
    if table in LIVE and table not in FOLDED:
        if column == "id":
            return "legacy_id_map"
        if column in KEPT:
            return "kept"
    return "archive"


def is_live(table: str) -> bool:
    """Whether rows of this table live on beside the archive."""
    return table in LIVE
