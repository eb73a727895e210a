-- Changed rows of contacts go into the audit trail.
create trigger audit_changed_contacts
    after update on contacts
    referencing old table as was new table as fresh
    for each statement execute function audit('contact_id');
