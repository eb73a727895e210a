-- Made by bin/docs. The way down from 005 to 004, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 005 -> 004

drop table mail_attempts;
        drop table mail_messages;
        drop table delivery_items;
        drop table deliveries;
        drop table notification_preferences;
        drop type mail_state_enum;
        drop type delivery_state_enum;
        drop type mail_kind_enum;;

UPDATE alembic_version SET version_num='004' WHERE alembic_version.version_num = '005';

COMMIT;
