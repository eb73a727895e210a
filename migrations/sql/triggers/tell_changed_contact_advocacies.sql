-- Changed rows of contact_advocacies are told to open pages.
create trigger tell_changed_contact_advocacies
    after update on contact_advocacies
    referencing new table as fresh
    for each statement execute function tell_change('contact_id');
