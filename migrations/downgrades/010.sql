-- Made by bin/docs. The way down from 010 to 009, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 010 -> 009

drop index ix_contacts_last_name_key;

drop index ix_organizations_place;

drop index ix_organizations_priority_rank;

UPDATE alembic_version SET version_num='009' WHERE alembic_version.version_num = '010';

COMMIT;
