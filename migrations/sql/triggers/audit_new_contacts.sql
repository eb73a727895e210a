-- New rows of contacts go into the audit trail.
create trigger audit_new_contacts
    after insert on contacts
    referencing new table as fresh
    for each statement execute function audit('contact_id');
