-- Another primary contact of an opportunity has a say in it.
create trigger follow_primary_contact
    after update of primary_contact_id on opportunities
    for each row when (new.primary_contact_id is distinct from old.primary_contact_id)
    execute function follow_primary_contact();
