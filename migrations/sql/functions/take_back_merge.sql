-- What a merge moved stands where it stood: its kinds of steps are taken back one after the other, the last one first; from
-- here on it is one that was taken back, which triggers ask for. Answers how many rows it looked at. With `most` it ends
-- when there were so many, and goes on when it is asked again in the same transaction; all is done when there were fewer, and
-- split_records does the rest.
create or replace function take_back_merge(merge bigint, most bigint default null) returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    step record;
    taken bigint := 0;
begin
    update merge_log set split_at = now(), split_by = app_user_id() where merge_log_id = merge and split_at is null;
    for step in
        select table_name, act, column_name, max(merge_move_id) as last
        from merge_moves
        where merge_log_id = merge and act <> 'kept'
        group by table_name, act, column_name
        order by last desc
    loop
        taken := taken + take_back_moves(merge, step.table_name, step.act, step.column_name, most - taken);
        exit when taken >= most;
    end loop;
    return taken;
end
$$;
revoke execute on function take_back_merge(bigint, bigint) from public;
grant execute on function take_back_merge(bigint, bigint) to kp_system;
