-- For a trigger after rows of interaction_principals are removed (`went`): a principal that was named by hand and is
-- also one of the opportunity's goes on to count, as a derived one.
create or replace function unname_interaction_principals() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
declare
    unnamed bigint[] := array(select interaction_id from went where not is_derived);
begin
    if unnamed <> '{}' then
        perform derive_interaction_principals(unnamed);
    end if;
    return null;
end
$$;
