-- Rows that go of contact_advocacies are told to open pages.
create trigger tell_gone_contact_advocacies
    after delete on contact_advocacies
    referencing old table as fresh
    for each statement execute function tell_change('contact_id');
