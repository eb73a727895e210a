-- Made by bin/docs. The way down from 024 to 023, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 024 -> 023

drop index ix_opportunities_source;

drop index ix_interactions_last_touch;

UPDATE alembic_version SET version_num='023' WHERE alembic_version.version_num = '024';

COMMIT;
