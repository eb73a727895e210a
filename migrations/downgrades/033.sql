-- Made by bin/docs. The way down from 033 to 032, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 033 -> 032

drop index ix_interactions_promises;

drop index ix_interactions_open_promises;

create index ix_interactions_open_promises on interactions (owner_id, follow_up_date, interaction_id) where follow_up_required and completed_at is null and deleted_at is null;

UPDATE alembic_version SET version_num='032' WHERE alembic_version.version_num = '033';

COMMIT;
