-- For a trigger after a product changes its principal: the opportunities that are about it follow.
create or replace function move_product_to_principal() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    perform derive_opportunity_principals(
        array(select opportunity_id from opportunity_products where product_id = new.product_id)
    );
    return null;
end
$$;
