-- For a trigger after the primary contact was taken off an opportunity: the opportunity has none any more.
create or replace function clear_primary_contact() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    update opportunities
    set primary_contact_id = null
    where opportunity_id = old.opportunity_id and primary_contact_id = old.contact_id;
    return null;
end
$$;
