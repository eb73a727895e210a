-- One kind of step of a merge is taken back and forgotten, `most` rows of it at most (null = all): what was set becomes what it
-- was, what was added goes, what was removed comes again. A row that somebody changed since in that very column stays as it
-- is now, and so does what hangs on nothing any more: that is later work. Answers how many rows it looked at.
create or replace function take_back_moves(
    merge bigint, tab text, step text, col text, most bigint default null
) returns bigint
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
    unsaid text[] := '{created_at,updated_at,version,interaction_date,author_id,interaction_type,counts}';
    act text := case step
        when 'set' then format(
            'update %1$I t set %2$I = (jsonb_populate_record(null::%1$I, jsonb_build_object(%2$L, m.was))).%2$I'
            ' from m where %3$s and coalesce(to_jsonb(t.%2$I), ''null'') = m.became',
            tab, col, same_row
        )
        when 'added' then format(
            'delete from %1$I t using m where %2$s and to_jsonb(t) - %3$L::text[] = m.became - %3$L::text[]',
            tab, same_row, unsaid
        )
        else format(
            'insert into %1$I select (jsonb_populate_record(null::%1$I, m.was)).* from m'
            ' where (not m.row_key ? ''opportunity_id'' or exists (select from opportunities o'
            '   where o.opportunity_id = (m.row_key ->> ''opportunity_id'')::bigint))'
            ' and (not m.row_key ? ''interaction_id'' or exists (select from interactions i'
            '   where i.interaction_id = (m.row_key ->> ''interaction_id'')::bigint))'
            ' on conflict do nothing',
            tab
        )
    end;
    taken bigint;
begin
    -- The first ones first, so that the last one tells until the end when this kind of step had its turn.
    execute format(
        'with m as (delete from merge_moves m where m.merge_move_id = any (array('
        '   select merge_move_id from merge_moves where merge_log_id = $1 and table_name = %L and act = %L'
        '   and column_name is not distinct from %L order by merge_move_id limit $2)) returning *),'
        ' back as (%s returning 1) select count(*) from m',
        tab, step, col, act
    ) into taken using merge, most;
    return taken;
end
$$;
revoke execute on function take_back_moves(bigint, text, text, text, bigint) from public;
