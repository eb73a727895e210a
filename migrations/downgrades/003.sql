-- Made by bin/docs. The way down from 003 to 002, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 003 -> 002

alter table interactions
            drop constraint ck_interactions_notes, drop constraint ck_interactions_follow_up,
            drop column organization_id, drop column activity, drop column subject, drop column location,
            drop column duration_minutes, drop column outcome, drop column author_id, drop column is_touch,
            drop column follow_up_note, drop column owner_id, drop column completed_at,
            drop column completed_by, drop column completed_with, drop column snoozed_until_on,
            drop column times_rescheduled, drop column version;

        drop table opportunity_stage_changes;
        drop index ix_opportunity_products_product_id;
        drop index ix_opportunity_principals_principal_id;
        alter table opportunity_principals drop column is_derived;
        drop index ix_opportunities_primary_contact_id;
        alter table opportunities
            drop constraint ck_opportunities_name, drop column name_key, drop column owner_id,
            drop column second_owner_id, drop column distributor_id, drop column source, drop column tags,
            drop column started_on, drop column stage_changed_at, drop column closed_at,
            drop column close_reason, drop column close_note, drop column next_action,
            drop column expected_close_on, drop column cases_per_week, drop column version;

        alter table products
            drop constraint ck_products_name, drop column status, drop column manufacturer_code,
            drop column unit_size, drop column version;
        drop type product_status_enum;

        drop index ix_contacts_organization_id;
        alter table contacts
            drop column name_key, drop column first_name, drop column last_name, drop column position,
            drop column department, drop column email, drop column phone, drop column mobile_phone,
            drop column preferred_channel, drop column is_primary, drop column reports_to_id,
            drop column owner_id, drop column notes, drop column left_on, drop column version;

        drop table organization_aliases;
        alter table organizations
            drop constraint ck_organizations_name, drop column name_key, drop column legal_name,
            drop column segment, drop column priority, drop column parent_organization_id,
            drop column owner_id, drop column second_owner_id, drop column owner_text,
            drop column usual_distributor_id, drop column phone, drop column second_phone,
            drop column email, drop column website, drop column linkedin, drop column address_line1,
            drop column address_line2, drop column city, drop column state, drop column postal_code,
            drop column country, drop column notes, drop column weekly_focus_on, drop column is_anchor,
            drop column tags, drop column version;
        drop type priority_enum;;

UPDATE alembic_version SET version_num='002' WHERE alembic_version.version_num = '003';

COMMIT;
