-- Made by bin/docs. The way down from 018 to 017, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 018 -> 017

drop table covers;
        drop table heartbeats;
        alter table firm_settings drop column mail_held_at, drop column mail_held_because;
        alter table deliveries drop column reason;
        alter table users
            drop constraint ck_users_quiet_hours, drop column quiet_from, drop column quiet_until;
        alter table notification_preferences drop column is_in_app;

        delete from notification_preferences where kind not in ('reminder', 'digest');
        alter type mail_kind_enum rename to mail_kind_enum_newer;
        create type mail_kind_enum as enum ('reminder', 'digest');
        alter table notification_preferences
            alter column kind type mail_kind_enum using kind::text::mail_kind_enum;
        alter table deliveries alter column kind type mail_kind_enum using kind::text::mail_kind_enum;
        drop type mail_kind_enum_newer;;

UPDATE alembic_version SET version_num='017' WHERE alembic_version.version_num = '018';

COMMIT;
