-- For a trigger before a word of a picklist is deleted: one in use cannot vanish. Archiving stops offering it.
create or replace function keep_used_words() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    if exists (select from picklist_uses(old.picklist) as used where used.value = old.value) then
        raise restrict_violation using
            message = format('%s is in use', old.value),
            hint = 'Archive it, or merge it into another word.',
            table = 'picklist_values',
            constraint = 'rs_picklist_values_used';
    end if;
    return old;
end
$$;
