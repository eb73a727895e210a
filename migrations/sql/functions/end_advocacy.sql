-- For a trigger before a current advocacy is added: the one that held for the same contact and principal until now ends
-- on its first day, so that a change of mind is a plain insert for every writer and its history stays.
create or replace function end_advocacy() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    update contact_advocacies
    set until_on = new.since_on
    where contact_id = new.contact_id
        and principal_id = new.principal_id
        and until_on is null
        and deleted_at is null;
    return new;
end
$$;
