-- Made by bin/docs. The way down from 017 to 016, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 017 -> 016

drop index ix_opportunities_stage_moved;

UPDATE alembic_version SET version_num='016' WHERE alembic_version.version_num = '017';

COMMIT;
