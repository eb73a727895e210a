-- Rows that go of contacts are told to open pages.
create trigger tell_gone_contacts
    after delete on contacts
    referencing old table as fresh
    for each statement execute function tell_change('contact_id');
