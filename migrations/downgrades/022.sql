-- Made by bin/docs. The way down from 022 to 021, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 022 -> 021

create index ix_audit_log_changed_at on audit_log (changed_at);

create index ix_audit_log_user_id on audit_log (user_id, audit_log_id);

drop index ix_audit_log_table_moment;

drop index ix_audit_log_user_moment;

drop index ix_audit_log_moment;

UPDATE alembic_version SET version_num='021' WHERE alembic_version.version_num = '022';

COMMIT;
