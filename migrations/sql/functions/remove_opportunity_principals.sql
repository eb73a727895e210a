-- For triggers after principals left opportunities (`went` = the old rows): one opportunity less for each of them, and
-- the opportunity's interactions no longer count for them unless they are named on the interaction. One that was
-- chosen by hand comes back as a derived one while a product of it is still there.
-- On an update both this and add_opportunity_principals run; what did not change cancels out.
create or replace function remove_opportunity_principals() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    insert into principal_deltas (principal_id, opportunities)
    select went.principal_id, -count(*)
    from went
    join opportunities o using (opportunity_id)
    where o.deleted_at is null
    group by went.principal_id;

    insert into opportunity_principals (opportunity_id, principal_id, is_derived)
    select distinct went.opportunity_id, went.principal_id, true
    from went
    join opportunity_products x using (opportunity_id)
    join products p on p.product_id = x.product_id and p.principal_id = went.principal_id
    where not went.is_derived
    on conflict do nothing;

    delete from interaction_principals ip
    using went
    join interactions i using (opportunity_id)
    where ip.interaction_id = i.interaction_id
        and ip.principal_id = went.principal_id
        and ip.is_derived
        and not exists (
            select from opportunity_principals op
            where op.opportunity_id = went.opportunity_id and op.principal_id = went.principal_id
        );
    return null;
end
$$;
