-- Made by bin/docs. The way down from 033 to 032, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 033 -> 032

drop index ix_interactions_promises;

UPDATE alembic_version SET version_num='032' WHERE alembic_version.version_num = '033';

COMMIT;
