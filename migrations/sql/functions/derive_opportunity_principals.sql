-- Make the derived principals of these opportunities those of their products; principals chosen by hand stay.
-- An archived product still tells whose opportunity it is: leaving a line card does not undo the work done for it
-- (only `products_count` of the view leaves it out). Takes the opportunities `for update`, in the order of their keys.
create or replace function derive_opportunity_principals(opportunities_to_derive bigint[]) returns void
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    perform from opportunities
    where opportunity_id = any (opportunities_to_derive)
    order by opportunity_id
    for update;

    delete from opportunity_principals op
    where op.opportunity_id = any (opportunities_to_derive)
        and op.is_derived
        and not exists (
            select from opportunity_products x
            join products p using (product_id)
            where x.opportunity_id = op.opportunity_id and p.principal_id = op.principal_id
        );

    insert into opportunity_principals (opportunity_id, principal_id, is_derived)
    select distinct x.opportunity_id, p.principal_id, true
    from opportunity_products x
    join products p using (product_id)
    where x.opportunity_id = any (opportunities_to_derive) and p.principal_id is not null
    on conflict do nothing;
end
$$;
revoke execute on function derive_opportunity_principals(bigint[]) from public;
