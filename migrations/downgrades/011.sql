-- Made by bin/docs. The way down from 011 to 010, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 011 -> 010

delete from feature_flags where flag = 'bulk-moves'; alter table feature_flags drop column roles;

UPDATE alembic_version SET version_num='010' WHERE alembic_version.version_num = '011';

COMMIT;
