-- Made by bin/docs. The way down from 023 to 022, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 023 -> 022

alter table job_rows drop column plan;

UPDATE alembic_version SET version_num='022' WHERE alembic_version.version_num = '023';

COMMIT;
