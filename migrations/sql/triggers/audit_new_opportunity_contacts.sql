-- New rows of opportunity_contacts go into the audit trail.
create trigger audit_new_opportunity_contacts
    after insert on opportunity_contacts
    referencing new table as fresh
    for each statement execute function audit('opportunity_id', 'contact_id');
