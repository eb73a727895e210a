-- Made by bin/docs. The way down from 001 to nothing, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 001 ->

drop table interactions;
        drop table opportunity_principals;
        drop table opportunity_products;
        drop table opportunities;
        drop table products;
        drop table contacts;
        drop table organizations;
        drop type advocacy_status_enum;
        drop type sentiment_enum;
        drop type interaction_type_enum;
        drop type opportunity_stage_enum;
        drop function fold(text);;

DELETE FROM alembic_version WHERE alembic_version.version_num = '001';

COMMIT;
