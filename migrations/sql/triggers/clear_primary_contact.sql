-- A primary contact who is taken off is the primary contact no more.
create trigger clear_primary_contact
    after delete on opportunity_contacts
    for each row when (old.is_primary)
    execute function clear_primary_contact();
