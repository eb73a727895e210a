-- One step of a merge: the column of the rows (of the alias `t`) under a condition becomes something else, and merge_moves
-- remembers of each what it was and became; answers how many they were. With `most` no more than so many, of a table with a
-- key of one column. `becomes` and `condition` are SQL of merge_children, never of a person.
create or replace function merge_set(
    merge bigint, tab text, col text, becomes text, condition text, most bigint default null
) returns bigint
    language plpgsql set search_path = pg_catalog, public
as $$
declare
    asked text := format('(%s) and t.%I is distinct from %s', condition, col, becomes);
    moved bigint;
begin
    if most is not null then
        asked := format(
            '%1$s and t.%2$I = any (array(select t.%2$I from %3$I t where %1$s limit %4$s))',
            asked, (primary_key_of(tab::regclass))[1], tab, greatest(most, 0)
        );
    end if;
    execute format(
        'with "row" as (update %1$I t set %2$I = %3$s where %4$s returning new.*, old.%2$I as value_before_merging)'
        ' insert into merge_moves (merge_log_id, table_name, act, row_key, column_name, was, became)'
        ' select $1, %1$L, ''set'', %5$s, %2$L, coalesce(to_jsonb("row".value_before_merging), ''null''),'
        '    coalesce(to_jsonb("row".%2$I), ''null'')'
        ' from "row"',
        tab, col, becomes, asked, row_key_of(tab::regclass)
    ) using merge;
    get diagnostics moved = row_count;
    return moved;
end
$$;
revoke execute on function merge_set(bigint, text, text, text, text, bigint) from public;
