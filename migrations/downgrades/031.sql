-- Made by bin/docs. The way down from 031 to 030, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 031 -> 030

drop table feature_flag_changes;
        alter table feature_flags drop column people, drop column percent;;

UPDATE alembic_version SET version_num='030' WHERE alembic_version.version_num = '031';

COMMIT;
