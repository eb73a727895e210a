-- For a trigger before a principal is chosen by hand for an opportunity: a derived row for the same one makes room, so
-- that choosing is a plain insert for every writer.
create or replace function choose_opportunity_principal() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    delete from opportunity_principals
    where opportunity_id = new.opportunity_id and principal_id = new.principal_id and is_derived;
    return new;
end
$$;
