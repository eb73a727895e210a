-- For triggers after an opportunity is made with a primary contact or gets another one: opportunity_contacts shows who it
-- is. The column of the opportunity is the truth; who was the primary one before keeps a say.
create or replace function follow_primary_contact() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public
as $$
begin
    update opportunity_contacts
    set is_primary = false
    where opportunity_id = new.opportunity_id
        and is_primary
        and contact_id is distinct from new.primary_contact_id;
    insert into opportunity_contacts as c (opportunity_id, contact_id, is_primary)
    select new.opportunity_id, new.primary_contact_id, true
    where new.primary_contact_id is not null
    on conflict (opportunity_id, contact_id) do update set is_primary = true where not c.is_primary;
    return null;
end
$$;
