-- Removed rows of contact_advocacies go into the audit trail.
create trigger audit_gone_contact_advocacies
    after delete on contact_advocacies
    referencing old table as was
    for each statement execute function audit('contact_advocacy_id');
