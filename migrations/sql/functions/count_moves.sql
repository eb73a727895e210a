-- How many rows a merge touched, as long as it can be taken back. merge_moves itself holds colleagues' stars and views, so
-- nobody reads it.
create or replace function count_moves(merge bigint) returns bigint
    language sql stable security definer set search_path = pg_catalog, public
as $$
    select count(*) from merge_moves where merge_log_id = merge
$$;
revoke execute on function count_moves(bigint) from public;
grant execute on function count_moves(bigint) to kp_staff, kp_system;
