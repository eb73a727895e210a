-- Made by bin/docs. The way down from 029 to 028, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 029 -> 028

alter table request_keys drop column fingerprint, drop column answer;
        drop table api_tokens;
        drop type token_kind_enum;;

UPDATE alembic_version SET version_num='028' WHERE alembic_version.version_num = '029';

COMMIT;
