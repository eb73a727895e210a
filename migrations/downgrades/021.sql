-- Made by bin/docs. The way down from 021 to 020, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 021 -> 020

alter table dashboard_preferences drop column principals_as;

UPDATE alembic_version SET version_num='020' WHERE alembic_version.version_num = '021';

COMMIT;
