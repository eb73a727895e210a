-- Removed rows of opportunity_contacts go into the audit trail.
create trigger audit_gone_opportunity_contacts
    after delete on opportunity_contacts
    referencing old table as was
    for each statement execute function audit('opportunity_id', 'contact_id');
