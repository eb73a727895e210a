-- Made by bin/docs. The way down from 015 to 014, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 015 -> 014

drop index ix_samples_sent_on;

drop index ix_interactions_completed_at;

drop index ix_interactions_touches;

UPDATE alembic_version SET version_num='014' WHERE alembic_version.version_num = '015';

COMMIT;
