-- Made by bin/docs. The way down from 004 to 003, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 004 -> 003

drop table engagement_changes;
        drop table principal_deltas;
        drop table principal_weeks;
        drop table principal_summaries;
        drop table interaction_principals;;

UPDATE alembic_version SET version_num='003' WHERE alembic_version.version_num = '004';

COMMIT;
