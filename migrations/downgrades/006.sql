-- Made by bin/docs. The way down from 006 to 005, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 006 -> 005

drop table jobs;
        drop type job_state_enum;;

UPDATE alembic_version SET version_num='005' WHERE alembic_version.version_num = '006';

COMMIT;
