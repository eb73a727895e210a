-- One kind of step of a merge is taken back: what was set becomes what it was, what was added goes, what was removed comes
-- again. A row that somebody changed since in that very column stays as it is now, and so does what hangs on nothing any
-- more: that is later work.
create or replace function take_back_moves(merge bigint, tab text, step text, col text) returns void
    language plpgsql set search_path = pg_catalog, public
as $$
declare
    same_row text := (
        select string_agg(
            format('t.%I = (m.row_key ->> %L)::%s', key, key, format_type(a.atttypid, a.atttypmod)), ' and '
        )
        from unnest(primary_key_of(tab::regclass)) as key
        join pg_attribute a on a.attrelid = tab::regclass and a.attname = key
    );
    noted text := format(
        'm.merge_log_id = $1 and m.table_name = %L and m.act = %L and m.column_name is not distinct from %L',
        tab, step, col
    );
    unsaid text[] := '{created_at,updated_at,version,interaction_date,author_id,interaction_type,counts}';
begin
    if step = 'set' then
        execute format(
            'update %1$I t set %2$I = (jsonb_populate_record(null::%1$I, jsonb_build_object(%2$L, m.was))).%2$I'
            ' from merge_moves m where %3$s and %4$s and coalesce(to_jsonb(t.%2$I), ''null'') = m.became',
            tab, col, noted, same_row
        ) using merge;
    elsif step = 'added' then
        execute format(
            'delete from %1$I t using merge_moves m'
            ' where %2$s and %3$s and to_jsonb(t) - $2 = m.became - $2',
            tab, noted, same_row
        ) using merge, unsaid;
    elsif step = 'removed' then
        execute format(
            'insert into %1$I select (jsonb_populate_record(null::%1$I, m.was)).* from merge_moves m where %2$s'
            ' and (not m.row_key ? ''opportunity_id'' or exists (select from opportunities o'
            '   where o.opportunity_id = (m.row_key ->> ''opportunity_id'')::bigint))'
            ' and (not m.row_key ? ''interaction_id'' or exists (select from interactions i'
            '   where i.interaction_id = (m.row_key ->> ''interaction_id'')::bigint))'
            ' on conflict do nothing',
            tab, noted
        ) using merge;
    end if;
end
$$;
revoke execute on function take_back_moves(bigint, text, text, text) from public;
