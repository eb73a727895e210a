-- For a trigger after each row of opportunity_products: the opportunity's principals follow its products when one
-- comes, goes or is exchanged.
create or replace function sync_opportunity_principals() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    perform derive_opportunity_principals(array_remove(array[
        case when tg_op <> 'INSERT' then old.opportunity_id end,
        case when tg_op <> 'DELETE' then new.opportunity_id end
    ], null));
    return null;
end
$$;
