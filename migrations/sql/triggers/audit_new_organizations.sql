-- New rows of organizations go into the audit trail.
create trigger audit_new_organizations
    after insert on organizations
    referencing new table as fresh
    for each statement execute function audit('organization_id');
