-- The audit trail of one row, newest first: everybody signed in reads that of every row, while the trail across rows is
-- for managers and admins. With several tables (an opportunity and its links) the row's key is that of them all.
create or replace function row_history(tables text[], key bigint, most integer default 200) returns setof audit_log
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select *
    from audit_log
    where table_name = any (tables)
        and row_id = key
        and table_name <> 'users'
        and (app_team() is not null or current_setting('role') = 'kp_system')
    order by audit_log_id desc
    limit most
$$;
revoke execute on function row_history(text[], bigint, integer) from public;
grant execute on function row_history(text[], bigint, integer) to kp_staff, kp_system;
