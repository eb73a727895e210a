-- For a trigger before an opportunity is removed for good (the revert of an import; people archive): its products and
-- principals go while it is still there, because the counts of its principals need to know whether it was archived.
create or replace function clear_opportunity() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    delete from opportunity_products where opportunity_id = old.opportunity_id;
    delete from opportunity_principals where opportunity_id = old.opportunity_id;
    return old;
end
$$;
