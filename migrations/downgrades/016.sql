-- Made by bin/docs. The way down from 016 to 015, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 016 -> 015

drop table legacy_findings;

drop table legacy_id_map;

drop table legacy_archive;

do $$ begin
            if exists (select from products where principal_id is null) then
                raise exception 'products without a principal stand in the way'
                    using hint = 'Give each of them a principal, or roll the old database back first.';
            end if;
        end $$;

alter table products alter column principal_id set not null;

UPDATE alembic_version SET version_num='015' WHERE alembic_version.version_num = '016';

COMMIT;
