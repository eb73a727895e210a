-- The primary contact of a new opportunity has a say in it.
create trigger follow_first_primary_contact
    after insert on opportunities
    for each row when (new.primary_contact_id is not null)
    execute function follow_primary_contact();
