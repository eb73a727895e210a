-- Removed rows of contacts go into the audit trail.
create trigger audit_gone_contacts
    after delete on contacts
    referencing old table as was
    for each statement execute function audit('contact_id');
