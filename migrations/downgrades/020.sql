-- Made by bin/docs. The way down from 020 to 019, for kp_owner, after objects.sql.
set lock_timeout = '3s';

BEGIN;

-- Running downgrade 020 -> 019

delete from picklist_values where picklist = 'tag';
        alter type picklist_enum rename to picklist_enum_with_tag;
        create type picklist_enum as enum (
            'segment', 'context', 'activity', 'position', 'source', 'close reason', 'product category',
            'contact role'
        );
        alter table picklist_values
            alter column picklist type picklist_enum using picklist::text::picklist_enum;
        drop type picklist_enum_with_tag;;

UPDATE alembic_version SET version_num='019' WHERE alembic_version.version_num = '020';

COMMIT;
