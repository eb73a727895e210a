-- Made by bin/docs. The way down from 002 to 001, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 002 -> 001

drop table request_keys;
        drop table sign_in_attempts;
        drop table person_aliases;
        drop table users;
        drop type role_enum;
        drop table firm_settings;;

UPDATE alembic_version SET version_num='001' WHERE alembic_version.version_num = '002';

COMMIT;
