-- Made by bin/docs. The way down from 032 to 031, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 032 -> 031

delete from feature_flag_changes where flag in ('api', 'board', 'bulk-changes', 'dashboard-details', 'duplicates', 'exports', 'imports', 'legacy', 'live-updates'); delete from feature_flags where flag in ('api', 'board', 'bulk-changes', 'dashboard-details', 'duplicates', 'exports', 'imports', 'legacy', 'live-updates');

UPDATE alembic_version SET version_num='031' WHERE alembic_version.version_num = '032';

COMMIT;
