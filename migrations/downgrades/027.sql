-- Made by bin/docs. The way down from 027 to 026, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 027 -> 026

drop table duplicate_pairs; drop table merge_moves; drop table merge_log;

UPDATE alembic_version SET version_num='026' WHERE alembic_version.version_num = '027';

COMMIT;
