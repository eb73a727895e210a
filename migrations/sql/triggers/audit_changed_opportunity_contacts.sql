-- Changed rows of opportunity_contacts go into the audit trail.
create trigger audit_changed_opportunity_contacts
    after update on opportunity_contacts
    referencing old table as was new table as fresh
    for each statement execute function audit('opportunity_id', 'contact_id');
