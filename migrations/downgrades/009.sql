-- Made by bin/docs. The way down from 009 to 008, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 009 -> 008

drop index ix_jobs_requested_by;

drop index ix_request_keys_user_id;

drop index ix_interactions_archived;

drop index ix_interactions_words_trgm;

drop index ix_interactions_activity;

drop index ix_interactions_updated_at;

drop index ix_interactions_sentiment;

drop index ix_interactions_interaction_type;

drop index ix_interactions_date;

drop index ix_interactions_owner_id;

drop index ix_interactions_completed_by;

drop index ix_opportunity_stage_changes_changed_by;

drop index ix_opportunities_archived;

drop index ix_opportunities_tags;

drop index ix_opportunities_context;

drop index ix_opportunities_expected_close_on;

drop index ix_opportunities_owner_id_name_key;

drop index ix_opportunities_stage_name_key;

drop index ix_opportunities_stage_changed_at;

drop index ix_opportunities_updated_at;

drop index ix_opportunities_name_key;

drop index ix_products_archived;

drop index ix_products_manufacturer_code_trgm;

drop index ix_products_manufacturer_code;

drop index ix_products_status;

drop index ix_products_category_name_key;

drop index ix_products_principal_id_name_key;

drop index ix_products_updated_at;

drop index ix_products_name_key_trgm;

drop index ix_products_name_key;

drop index ix_contacts_archived;

drop index ix_contacts_email;

drop index ix_contacts_advocacy_status;

drop index ix_contacts_owner_id_name_key;

drop index ix_contacts_updated_at;

drop index ix_contacts_name_key;

drop index ix_organizations_archived;

drop index ix_organizations_is_anchor;

drop index ix_organizations_weekly_focus_on;

drop index ix_organizations_tags;

drop index ix_organizations_city;

drop index ix_organizations_state;

drop index ix_organizations_priority;

drop index ix_organizations_segment;

drop index ix_organizations_owner_id_name_key;

drop index ix_organizations_updated_at;

UPDATE alembic_version SET version_num='008' WHERE alembic_version.version_num = '009';

COMMIT;
