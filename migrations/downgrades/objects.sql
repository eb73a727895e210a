-- Made by bin/docs. Takes views, policies, triggers, functions and grants away, before any of
-- the files beside this one; the older code's `flask db upgrade` puts its own in place (docs/releasing.md).
set lock_timeout = '3s';

BEGIN;

do $do$
declare
    unread regclass;
begin
    loop
        select c.oid::regclass into unread
        from pg_class c
        where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
            and not exists (select from pg_depend x where x.objid = c.oid and x.deptype = 'e')
            and not exists (
                select from pg_depend d join pg_rewrite w on w.oid = d.objid
                where d.classid = 'pg_rewrite'::regclass and d.refobjid = c.oid and w.ev_class <> c.oid)
        limit 1;
        exit when unread is null;
        execute format('drop view %s', unread);
    end loop;
end
$do$;

do $do$
declare
    found record;
begin
    for found in
        select policyname as name, tablename as on_table
        from pg_policies
        where schemaname = 'public' and policyname <> 'owner_all'
        order by tablename, policyname
    loop
        execute format('drop policy %I on %I', found.name, found.on_table);
    end loop;
end
$do$;

do $do$
declare
    found record;
begin
    for found in
        select t.tgname as name, t.tgrelid::regclass as on_table
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where not t.tgisinternal and c.relnamespace = 'public'::regnamespace
        order by t.tgrelid, t.tgname
    loop
        execute format('drop trigger %I on %s', found.name, found.on_table);
    end loop;
end
$do$;

do $do$
declare
    unread regprocedure;
begin
    loop
        select p.oid::regprocedure into unread
        from pg_proc p
        where p.pronamespace = 'public'::regnamespace
            and p.proname <> all (array['fold'])
            and not exists (select from pg_depend x where x.objid = p.oid and x.deptype = 'e')
            and not exists (
                select from pg_depend d
                where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_proc'::regclass
                    and d.refobjid = p.oid and d.objid <> p.oid)
        limit 1;
        exit when unread is null;
        execute format('drop function %s', unread);
    end loop;
end
$do$;

revoke all on all tables in schema public from kp_web, kp_worker, kp_backup, kp_staff, kp_system;

comment on table alembic_version is null;

COMMIT;
