-- Changed rows of contacts are told to open pages.
create trigger tell_changed_contacts
    after update on contacts
    referencing new table as fresh
    for each statement execute function tell_change('contact_id');
