-- One step of a merge: rows are added unless they are there, and merge_moves remembers those that came; answers how many
-- they were. `rows` is a SELECT of merge_children for the columns `cols`, never of a person.
create or replace function merge_add(merge bigint, tab text, cols text, rows text) returns bigint
    language plpgsql set search_path = pg_catalog, public
as $$
declare
    moved bigint;
begin
    execute format(
        'with "row" as (insert into %1$I (%2$s) %3$s on conflict do nothing returning *)'
        ' insert into merge_moves (merge_log_id, table_name, act, row_key, became)'
        ' select $1, %1$L, ''added'', %4$s, to_jsonb("row") from "row"',
        tab, cols, rows, row_key_of(tab::regclass)
    ) using merge;
    get diagnostics moved = row_count;
    return moved;
end
$$;
revoke execute on function merge_add(bigint, text, text, text) from public;
