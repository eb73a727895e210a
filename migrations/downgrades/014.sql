-- Made by bin/docs. The way down from 014 to 013, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 014 -> 013

drop table dashboard_preferences;

UPDATE alembic_version SET version_num='013' WHERE alembic_version.version_num = '014';

COMMIT;
