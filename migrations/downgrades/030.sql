-- Made by bin/docs. The way down from 030 to 029, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 030 -> 029

drop table journaled_mails;

UPDATE alembic_version SET version_num='029' WHERE alembic_version.version_num = '030';

COMMIT;
