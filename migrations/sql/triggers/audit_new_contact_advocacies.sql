-- New rows of contact_advocacies go into the audit trail.
create trigger audit_new_contact_advocacies
    after insert on contact_advocacies
    referencing new table as fresh
    for each statement execute function audit('contact_advocacy_id');
