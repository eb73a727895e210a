-- Made by bin/docs. The way down from 026 to 025, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 026 -> 025

drop table import_layouts;

drop table import_steps;

drop table import_rows;

drop table import_sheets;

drop table import_sessions;

drop type import_outcome_enum;

drop type import_state_enum;

UPDATE alembic_version SET version_num='025' WHERE alembic_version.version_num = '026';

COMMIT;
