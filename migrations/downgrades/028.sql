-- Made by bin/docs. The way down from 028 to 027, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 028 -> 027

drop index ix_interactions_unkept;

UPDATE alembic_version SET version_num='027' WHERE alembic_version.version_num = '028';

COMMIT;
