-- Made by bin/docs. The way down from 019 to 018, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 019 -> 018

alter table users
            drop constraint ck_users_two_factor,
            drop column two_factor_on_at,
            drop column tf_totp_secret,
            drop column tf_last_counter,
            drop column mf_recovery_codes;;

UPDATE alembic_version SET version_num='018' WHERE alembic_version.version_num = '019';

COMMIT;
