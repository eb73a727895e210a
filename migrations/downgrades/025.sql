-- Made by bin/docs. The way down from 025 to 024, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 025 -> 024

drop index ix_interactions_homeless_opportunity;

drop index ix_interactions_homeless_contact;

drop index ix_interactions_account_touch;

UPDATE alembic_version SET version_num='024' WHERE alembic_version.version_num = '025';

COMMIT;
