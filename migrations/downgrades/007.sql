-- Made by bin/docs. The way down from 007 to 006, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 007 -> 006

drop table audit_log;

drop table recent_items;

drop table favorites;

drop table saved_views;

drop table picklist_values;

drop table activity_goals;

drop table samples;

drop table opportunity_contacts;

drop table distributor_principals;

drop table product_distributors;

drop table contact_advocacies;

drop table employments;

drop table feature_flags;
        drop type audit_action_enum;
        drop type record_kind_enum;
        drop type picklist_enum;
        drop type sample_verdict_enum;
        drop type sample_status_enum;
        drop type authorization_state_enum;
        drop type stock_status_enum;
        alter table opportunities drop constraint ck_opportunities_tags;
        alter table products
            drop column name_key, drop column allergens, drop column certifications;
        alter table contacts drop column other_phone, drop column linkedin;
        alter table organizations drop constraint ck_organizations_tags;;

UPDATE alembic_version SET version_num='006' WHERE alembic_version.version_num = '007';

COMMIT;
