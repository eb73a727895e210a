-- New rows of contacts are told to open pages.
create trigger tell_new_contacts
    after insert on contacts
    referencing new table as fresh
    for each statement execute function tell_change('contact_id');
