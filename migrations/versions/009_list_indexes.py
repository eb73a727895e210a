"""Indexes for what lists sort and filter by, for the Trash, for item numbers, and for every reference.

Built while people work; killed in the middle, it is run again and goes on where it stopped.
"""

from alembic import op

from migrations.building import concurrently

revision = "009"
down_revision = "008"

INDEXES = {
    "ix_organizations_updated_at": "organizations (updated_at, organization_id)",
    "ix_organizations_owner_id_name_key": "organizations (owner_id, name_key, organization_id)",
    "ix_organizations_segment": "organizations (segment, name_key, organization_id)",
    "ix_organizations_priority": "organizations (priority, name_key, organization_id)",
    "ix_organizations_state": "organizations (state, city, organization_id)",
    "ix_organizations_city": "organizations (city, organization_id)",
    "ix_organizations_tags": "organizations using gin (tags)",
    "ix_organizations_weekly_focus_on": ("organizations (weekly_focus_on) where weekly_focus_on is not null"),
    "ix_organizations_is_anchor": "organizations (name_key, organization_id) where is_anchor",
    "ix_organizations_archived": "organizations (deleted_at) where deleted_at is not null",
    "ix_contacts_name_key": "contacts (name_key, contact_id)",
    "ix_contacts_updated_at": "contacts (updated_at, contact_id)",
    "ix_contacts_owner_id_name_key": "contacts (owner_id, name_key, contact_id)",
    "ix_contacts_advocacy_status": "contacts (advocacy_status, name_key, contact_id)",
    "ix_contacts_email": "contacts (lower(email))",
    "ix_contacts_archived": "contacts (deleted_at) where deleted_at is not null",
    "ix_products_name_key": "products (name_key, product_id)",
    "ix_products_name_key_trgm": "products using gin (name_key gin_trgm_ops)",
    "ix_products_updated_at": "products (updated_at, product_id)",
    "ix_products_principal_id_name_key": "products (principal_id, name_key, product_id)",
    "ix_products_category_name_key": "products (category, name_key, product_id)",
    "ix_products_status": "products (status, name_key, product_id)",
    "ix_products_manufacturer_code": "products (lower(manufacturer_code))",
    "ix_products_manufacturer_code_trgm": "products using gin (lower(manufacturer_code) gin_trgm_ops)",
    "ix_products_archived": "products (deleted_at) where deleted_at is not null",
    "ix_opportunities_name_key": "opportunities (name_key, opportunity_id)",
    "ix_opportunities_updated_at": "opportunities (updated_at, opportunity_id)",
    "ix_opportunities_stage_changed_at": "opportunities (stage_changed_at, opportunity_id)",
    "ix_opportunities_stage_name_key": "opportunities (stage, name_key, opportunity_id)",
    "ix_opportunities_owner_id_name_key": "opportunities (owner_id, name_key, opportunity_id)",
    "ix_opportunities_expected_close_on": "opportunities (expected_close_on, opportunity_id)",
    "ix_opportunities_context": "opportunities (context)",
    "ix_opportunities_tags": "opportunities using gin (tags)",
    "ix_opportunities_archived": "opportunities (deleted_at) where deleted_at is not null",
    "ix_opportunity_stage_changes_changed_by": "opportunity_stage_changes (changed_by)",
    "ix_interactions_completed_by": "interactions (completed_by)",
    "ix_interactions_owner_id": "interactions (owner_id)",
    "ix_interactions_date": "interactions (interaction_date, interaction_id)",
    "ix_interactions_interaction_type": ("interactions (interaction_type, interaction_date, interaction_id)"),
    "ix_interactions_sentiment": "interactions (sentiment, interaction_date, interaction_id)",
    "ix_interactions_updated_at": "interactions (updated_at, interaction_id)",
    "ix_interactions_activity": "interactions (activity)",
    "ix_interactions_words_trgm": (
        "interactions using gin (fold((coalesce(subject, '') || ' ') || coalesce(notes, '')) gin_trgm_ops)"
    ),
    "ix_interactions_archived": "interactions (deleted_at) where deleted_at is not null",
    "ix_request_keys_user_id": "request_keys (user_id)",
    "ix_jobs_requested_by": "jobs (requested_by)",
}


def upgrade() -> None:
    for name, on in INDEXES.items():
        concurrently(name, on)


def downgrade() -> None:
    for name in reversed(INDEXES):
        op.execute(f"drop index {name}")
