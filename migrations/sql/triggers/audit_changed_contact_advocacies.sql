-- Changed rows of contact_advocacies go into the audit trail.
create trigger audit_changed_contact_advocacies
    after update on contact_advocacies
    referencing old table as was new table as fresh
    for each statement execute function audit('contact_advocacy_id');
