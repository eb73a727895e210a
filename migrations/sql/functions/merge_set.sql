-- One step of a merge: the column of the rows (of the alias `t`) under a condition becomes something else, and merge_moves
-- remembers of each what it was and became. `becomes` and `condition` are SQL of merge_children, never of a person.
create or replace function merge_set(merge bigint, tab text, col text, becomes text, condition text) returns void
    language plpgsql set search_path = pg_catalog, public
as $$
begin
    execute format(
        'with "row" as (update %1$I t set %2$I = %3$s where (%4$s) and t.%2$I is distinct from %3$s'
        '    returning new.*, old.%2$I as value_before_merging)'
        ' insert into merge_moves (merge_log_id, table_name, act, row_key, column_name, was, became)'
        ' select $1, %1$L, ''set'', %5$s, %2$L, coalesce(to_jsonb("row".value_before_merging), ''null''),'
        '    coalesce(to_jsonb("row".%2$I), ''null'')'
        ' from "row"',
        tab, col, becomes, condition, row_key_of(tab::regclass)
    ) using merge;
end
$$;
revoke execute on function merge_set(bigint, text, text, text, text) from public;
