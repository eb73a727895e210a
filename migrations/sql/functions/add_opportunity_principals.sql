-- For triggers after principals came to opportunities (`come` = the new rows): one opportunity more for each of them,
-- and the opportunity's interactions count for them from now on. The opportunities are locked `for update` by then
-- (lock_opportunity), so no interaction is on its way unseen.
create or replace function add_opportunity_principals() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    insert into principal_deltas (principal_id, opportunities)
    select come.principal_id, count(*)
    from come
    join opportunities o using (opportunity_id)
    where o.deleted_at is null
    group by come.principal_id;

    insert into interaction_principals
        (interaction_id, principal_id, is_derived, interaction_date, author_id, interaction_type, counts)
    select i.interaction_id, come.principal_id, true, i.interaction_date, i.author_id, i.interaction_type,
        i.is_touch and i.deleted_at is null and o.deleted_at is null
    from come
    join opportunities o using (opportunity_id)
    join interactions i using (opportunity_id)
    on conflict do nothing;  -- named on the interaction already
    return null;
end
$$;
