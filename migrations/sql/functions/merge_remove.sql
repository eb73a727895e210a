-- One step of a merge: rows (of the alias `t`) under a condition go, and merge_moves keeps them whole; answers how many they
-- were. `condition` is SQL of merge_children, never of a person.
create or replace function merge_remove(merge bigint, tab text, condition text) returns bigint
    language plpgsql set search_path = pg_catalog, public
as $$
declare
    moved bigint;
begin
    execute format(
        'with "row" as (delete from %1$I t where %2$s returning *)'
        ' insert into merge_moves (merge_log_id, table_name, act, row_key, was)'
        ' select $1, %1$L, ''removed'', %3$s, to_jsonb("row") from "row"',
        tab, condition, row_key_of(tab::regclass)
    ) using merge;
    get diagnostics moved = row_count;
    return moved;
end
$$;
revoke execute on function merge_remove(bigint, text, text) from public;
