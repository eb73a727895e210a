-- New rows of contact_advocacies are told to open pages.
create trigger tell_new_contact_advocacies
    after insert on contact_advocacies
    referencing new table as fresh
    for each statement execute function tell_change('contact_id');
