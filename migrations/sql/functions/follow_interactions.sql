-- For triggers after interactions are made or changed (`was` = rows before, `fresh` = rows after): their principals
-- follow. A change of anything that interaction_principals does not copy (a promise kept, a note) costs one look.
-- An interaction that moves locks the opportunity that it left as well as the one that it came to: with the new one
-- alone, a principal added to the old one in the same moment stays behind for good.
create or replace function follow_interactions() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    changed bigint[];
begin
    if tg_op = 'INSERT' then
        perform derive_interaction_principals(array(select interaction_id from fresh where opportunity_id is not null));
        return null;
    end if;

    changed := array(
        select f.interaction_id
        from fresh f
        join was w using (interaction_id)
        where (f.opportunity_id, f.interaction_date, f.author_id, f.interaction_type, f.is_touch, f.deleted_at)
            is distinct from
            (w.opportunity_id, w.interaction_date, w.author_id, w.interaction_type, w.is_touch, w.deleted_at)
    );
    if changed <> '{}' then
        perform from opportunities
        where opportunity_id in (
            select opportunity_id from was where interaction_id = any (changed)
            union all
            select opportunity_id from fresh where interaction_id = any (changed)
        )
        order by opportunity_id
        for key share;
        perform derive_interaction_principals(changed);
    end if;
    return null;
end
$$;
